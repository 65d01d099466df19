import { callApi, CallError } from "./call-api.js";
import { showHappening } from "./event-list.js";

/** @import { ResponseResource, ResponseEvent } from "../../src/protocol/events.ts" */
/** @import { TurnView } from "./turn-view.js" */

/** The events that end a stream with a whole Response. */
const terminal = new Set(["response.completed", "response.incomplete", "response.failed"]);

/**
 * Sends a request and shows its answer as it comes. `model` is the one that answered, `took` in milliseconds.
 * Throws `CallError` when there is no Response in the end, the signal's reason when it aborts.
 * @param {TurnView} turn
 * @param {{ body: { model: string }, key: string, signal: AbortSignal }} call
 * @returns {Promise<{ response: ResponseResource, model: string, took: number }>}
 */
export async function runTurn(turn, call) {
  const { body } = call;
  let { model } = body;
  let took = 0;
  let hasBegun = false;
  /** @type {ResponseResource | undefined} */
  let response;
  /** @type {CallError | undefined} */
  let failure;

  /** @param {ResponseEvent} event */
  const apply = (event) => {
    if (!hasBegun && event.type.endsWith(".delta")) {
      hasBegun = true;
      turn.showFirst(took);
    }
    // Told once the stream has ended: what follows an error belongs to the raw view.
    if (event.type === "error") failure = new CallError(event);
    if ("response" in event && terminal.has(event.type)) response = event.response;
    turn.answer.apply(event);
  };

  for await (const happening of callApi(call)) {
    took = happening.at;
    showHappening(happening);
    if (happening.kind === "head") {
      model = happening.headers.get("x-fallback-model") ?? model;
      turn.warnings = readWarnings(happening.headers.get("warning") ?? "");
    }
    if (happening.kind === "response") response = happening.response;
    if (happening.kind === "event") apply(happening.event);
  }
  if (failure !== undefined) throw failure;
  if (response === undefined) throw new CallError({ message: "The stream ended without saying how." });
  return { response, model, took };
}

/**
 * What the Worker left out or changed, by its `warning` header: `299 - "…", 299 - "…"`.
 * @param {string} header
 */
function readWarnings(header) {
  return [...header.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replaceAll(/\\(.)/g, "$1"));
}
