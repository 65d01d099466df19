import { announce } from "./announce.js";
import { FieldError } from "./build-request.js";
import { CallError } from "./call-api.js";
import { showCode } from "./code-view.js";
import { Conversation } from "./conversation.js";
import { find } from "./element.js";
import { clearEvents } from "./event-list.js";
import { followEnd } from "./follow.js";
import {
  fillStarter,
  foldSettings,
  input,
  leadTo,
  markField,
  readKey,
  readSettings,
  showFieldError,
  showHealth,
  startForm,
} from "./form.js";
import { runTurn } from "./run-turn.js";
import { showStatus } from "./status.js";
import { startTabs } from "./tabs.js";
import { TurnView } from "./turn-view.js";

/** @import { Health } from "./status.js" */

const send = find("send", HTMLButtonElement);
const restart = find("restart", HTMLButtonElement);
const hint = find("hint", HTMLParagraphElement);
const turns = find("turns", HTMLDivElement);
const welcome = find("welcome", HTMLDivElement);

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
/** What the code says before anything is written, so that it runs. */
const exampleMessage = "Say hello.";
const touch = matchMedia("(pointer: coarse)");

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

  const turn = new TurnView(
    message,
    conversation.openCalls.map(({ name, call_id }) => ({ name, output: results.get(call_id) ?? "" })),
  );
  call = new AbortController();
  const { signal } = call;
  /** @type {CallError | undefined} */
  let shown;
  begin(turn, body);
  try {
    const { response, model, took } = await runTurn(turn, { body, key: readKey(), signal });
    turn.finish(response, { took, price: health?.prices?.[model] });
    if (response.status === "failed") throw new CallError(response.error ?? { message: "The model failed." });
    conversation.add({ message, results, response });
    resultFields = turn.answer.results;
    for (const field of resultFields.values()) field.addEventListener("input", refresh);
    announceAnswer(turn);
  } catch (error) {
    if (signal.aborted) {
      turn.stop(performance.now() - begunAt);
      announce("Stopped.");
    } else {
      shown = showError(turn, error);
    }
    // To be sent again, changed or not.
    input.value ||= message;
  } finally {
    call = undefined;
    for (const field of resultFields.values()) field.readOnly = false;
    send.textContent = "Send";
    refresh();
    end.stay();
  }
  // Last, since it may lead away from the conversation.
  if (shown !== undefined) markField(shown);
}

/**
 * @param {TurnView} turn
 * @param {Record<string, unknown>} body
 */
function begin(turn, body) {
  begunAt = performance.now();
  lastBody = body;
  for (const field of resultFields.values()) field.readOnly = true;
  foldSettings();
  welcome.hidden = true;
  turns.append(turn.node);
  end.go();
  clearEvents();
  input.value = "";
  send.textContent = "Stop";
  announce("Waiting for the answer.");
  refresh();
}

/** @param {TurnView} turn */
function announceAnswer({ answer }) {
  const said = answer.node.innerText;
  announce(said.length > 600 ? `The answer is complete: ${said.length} characters.` : `Answer: ${said}`);
}

/**
 * @param {TurnView} turn
 * @param {unknown} error
 */
function showError(turn, error) {
  const shown =
    error instanceof CallError ? error : new CallError({ message: "The console failed to read the answer." });
  turn.showError(shown);
  announce(`Error: ${shown.message}`);
  return shown;
}

/**
 * @param {HTMLElement} field
 * @param {string} message
 */
function refuse(field, message) {
  showFieldError(field, message);
  hint.textContent = message;
  announce(message);
  leadTo(field);
}

/** Brings the hint, the buttons and the code up to date. */
function refresh() {
  send.classList.toggle("stop", call !== undefined);
  restart.style.visibility = turns.childElementCount === 0 || call !== undefined ? "hidden" : "visible";
  hint.textContent =
    call !== undefined
      ? keys("Esc stops.")
      : conversation.lastId === undefined
        ? keys("Enter sends, Shift and Enter make a new line.")
        : remembers()
          ? `Continues ${conversation.lastId}.`
          : "Continues: the whole conversation is sent again.";
  const message = input.value.trim();
  const sent = message === "" ? lastBody : undefined;
  const build = () => sent ?? buildBody(message || exampleMessage).body;
  showCode({ build, isSent: sent !== undefined, health });
}

/**
 * What is said of keys, where there are any.
 * @param {string} text
 */
function keys(text) {
  return touch.matches ? "" : text;
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
for (const button of welcome.querySelectorAll("[data-starter]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  button.addEventListener("click", () => fillStarter(button.dataset["starter"]));
}
startTabs();
const end = followEnd(find("talk", HTMLDivElement), turns, () => call !== undefined);
startForm(refresh);
refresh();
health = await showStatus();
if (health !== undefined) showHealth(health);
refresh();
