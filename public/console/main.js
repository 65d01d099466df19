import { FieldError } from "./build-request.js";
import { callApi, CallError } from "./call-api.js";
import { Conversation } from "./conversation.js";
import { find } from "./element.js";
import { clearEvents, readRaw, showHappening } from "./event-list.js";
import {
  fillStarter,
  input,
  leadTo,
  markParam,
  readKey,
  readSettings,
  showFieldError,
  showHealth,
  startForm,
} from "./form.js";
import { showStatus } from "./status.js";
import { startTabs } from "./tabs.js";
import { TurnView } from "./turn-view.js";
import { snippets } from "./write-snippet.js";

/** @import { Health } from "./status.js" */
/** @import { ResponseObject } from "../../src/protocol/events.ts" */

const send = find("send", HTMLButtonElement);
const restart = find("restart", HTMLButtonElement);
const hint = find("hint", HTMLParagraphElement);
const talk = find("talk", HTMLDivElement);
const turns = find("turns", HTMLDivElement);
const welcome = find("welcome", HTMLDivElement);
const announcer = find("announcer", HTMLParagraphElement);
const language = find("language", HTMLSelectElement);

/** @type {Health | undefined} */
let health;
let conversation = new Conversation();
/** The call under way. @type {AbortController | undefined} */
let call;
let begunAt = 0;
/** Where the results of the open calls are written. @type {Map<string, HTMLTextAreaElement>} */
let resultFields = new Map();
/** The request last sent: what the code shows until there is a new message. @type {Record<string, unknown> | undefined} */
let lastBody;

/** @param {string} message */
function buildBody(message) {
  const results = new Map([...resultFields].map(([callId, field]) => [callId, field.value]));
  const { stream, ...settings } = readSettings();
  const body = {
    ...settings,
    ...conversation.next({ message, results, remembers: remembers() }),
    ...(stream && { stream }),
  };
  return { body, results };
}

function remembers() {
  return health?.features["responses"] === true;
}

/** Send and Stop are one button, which a double click must not press twice. */
function justBegun() {
  return performance.now() - begunAt < 300;
}

/** Sends what is written, and shows what comes back. */
async function run() {
  const message = input.value.trim();
  const empty = [...resultFields.values()].find((field) => field.value.trim() === "");
  if (empty !== undefined) return refuse(empty, "Write a result for each call, or start a new conversation.");
  if (message === "" && resultFields.size === 0) return refuse(input, "Write a message first.");
  const { body, results } = buildBody(message);

  const turn = new TurnView(message, results);
  const controller = new AbortController();
  begin(turn, body, controller);
  const start = performance.now();
  /** @type {ResponseObject | undefined} */
  let response;
  /** @type {CallError | undefined} */
  let failure;
  let first = false;
  try {
    for await (const happening of callApi({ body, key: readKey(), signal: controller.signal })) {
      const following = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
      showHappening(happening);
      if (happening.kind === "response") response = happening.response;
      if (happening.kind === "event") {
        const { event, at } = happening;
        if (!first && event.type.endsWith(".delta")) {
          first = true;
          turn.showFirst(at);
        }
        if (event.type === "error") failure = new CallError(event);
        if ("response" in event && !/created|in_progress|queued/.test(event.type)) response = event.response;
        turn.answer.apply(event);
      }
      if (following) talk.scrollTop = talk.scrollHeight;
    }
    if (failure !== undefined) throw failure;
    if (response === undefined) throw new CallError({ message: "The stream ended without saying how." });
    finish(turn, { response, message, results, took: performance.now() - start });
  } catch (error) {
    if (controller.signal.aborted) {
      turn.stop(performance.now() - start);
      announcer.textContent = "Stopped.";
    } else {
      fail(turn, error);
    }
    input.value ||= message;
  } finally {
    call = undefined;
    send.textContent = "Send";
    talk.scrollTop = talk.scrollHeight;
    refresh();
  }
}

/**
 * @param {TurnView} turn
 * @param {Record<string, unknown>} body
 * @param {AbortController} controller
 */
function begin(turn, body, controller) {
  call = controller;
  begunAt = performance.now();
  lastBody = body;
  for (const field of resultFields.values()) field.readOnly = true;
  welcome.hidden = true;
  turns.append(turn.node);
  talk.scrollTop = talk.scrollHeight;
  clearEvents();
  input.value = "";
  send.textContent = "Stop";
  announcer.textContent = "Waiting for the answer.";
  refresh();
}

/**
 * @param {TurnView} turn
 * @param {{ response: ResponseObject, message: string, results: Map<string, string>, took: number }} ended
 */
function finish(turn, { response, message, results, took }) {
  const price = health?.prices?.[response.model] ?? health?.prices?.[find("model", HTMLSelectElement).value];
  turn.finish(response, { took, price });
  if (response.status === "failed") {
    announcer.textContent = `Error: ${response.error?.message}`;
    return;
  }
  conversation.add({ message, results, response });
  resultFields = turn.answer.results;
  for (const field of resultFields.values()) field.addEventListener("input", refresh);
  const said = turn.answer.node.innerText;
  announcer.textContent = said.length > 600 ? `The answer is complete: ${said.length} characters.` : `Answer: ${said}`;
}

/**
 * @param {TurnView} turn
 * @param {unknown} error
 */
function fail(turn, error) {
  const shown =
    error instanceof CallError ? error : new CallError({ message: "The console failed to read the answer." });
  turn.showError(shown);
  markParam(shown.param);
  announcer.textContent = `Error: ${shown.message}`;
}

/**
 * @param {HTMLElement} field
 * @param {string} message
 */
function refuse(field, message) {
  showFieldError(field, message);
  hint.textContent = message;
  announcer.textContent = message;
  leadTo(field);
}

/** Brings the hint, the buttons and the code up to date. */
function refresh() {
  restart.hidden = turns.childElementCount === 0 || call !== undefined;
  hint.textContent =
    call !== undefined
      ? "Esc stops."
      : conversation.lastId === undefined
        ? "Enter sends, Shift and Enter make a new line."
        : remembers()
          ? `Continues ${conversation.lastId}.`
          : "Continues: the whole conversation is sent again.";
  showCode();
}

function showCode() {
  const message = input.value.trim();
  const note = find("code-note", HTMLParagraphElement);
  const snippet = find("snippet", HTMLElement);
  try {
    const isSent = message === "" && lastBody !== undefined;
    const body = isSent ? lastBody : buildBody(message).body;
    const write = snippets[language.value];
    snippet.textContent =
      write?.({ origin: location.origin, body: body ?? {}, needsKey: health?.auth !== "none" }) ?? "";
    note.textContent =
      language.value !== "codex"
        ? `The request ${isSent ? "last sent" : "as it would be sent now"}.`
        : health?.mode === "native"
          ? "Codex needs MODE = compat in this Worker."
          : "";
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    snippet.textContent = "";
    note.textContent = `${error.field}: ${error.message}`;
  }
}

/**
 * @param {string} id
 * @param {() => string} read
 */
function copyOn(id, read) {
  const button = find(id, HTMLButtonElement);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(read());
    button.textContent = "Copied";
    announcer.textContent = "Copied.";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}

find("form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  if (call !== undefined) return event.submitter === send && !justBegun() ? call.abort() : undefined;
  run().catch((error) => {
    if (!(error instanceof FieldError)) throw error;
    refuse(find(error.field, HTMLElement), error.message);
  });
});
document.addEventListener("keydown", ({ key }) => key === "Escape" && call?.abort());
restart.addEventListener("click", () => {
  conversation = new Conversation();
  resultFields = new Map();
  lastBody = undefined;
  turns.replaceChildren();
  welcome.hidden = false;
  refresh();
  input.focus();
});
for (const button of welcome.querySelectorAll("button")) {
  button.addEventListener("click", () => fillStarter(button.dataset["starter"]));
}
find("whole", HTMLInputElement).addEventListener("change", ({ target }) => {
  find("event-list", HTMLOListElement).classList.toggle("whole", target instanceof HTMLInputElement && target.checked);
});
copyOn("copy-events", readRaw);
copyOn("copy-code", () => find("snippet", HTMLElement).textContent);
startTabs();
startForm(refresh);
refresh();
health = await showStatus();
if (health !== undefined) showHealth(health);
refresh();
