import type { Bindings } from "./bindings.ts";
import type { CheckedRequest, NativeRequest } from "./call.ts";
import { type ApiError, invalidRequest } from "./errors.ts";
import { validate } from "./http/validate.ts";
import { GptOssResponses } from "./native/schema.ts";
import { isReference } from "./protocol/input-items.ts";
import type { JsonRecord } from "./protocol/json.ts";
import { conversationOf, CreateRequest, ServedFields } from "./protocol/request.ts";

/** What a request may lean on. */
interface Ground {
  bindings: Bindings;
  /** The context of its `previous_response_id` is in memory: nothing has to be bound for it. */
  isContextHeld?: boolean;
}

/**
 * Checks a document against the schema of a mode, and against what this Worker has bound.
 * @throws {ApiError} 400 that names the first field that does not fit
 */
export function checkRequest(mode: CheckedRequest["mode"], document: JsonRecord, ground: Ground): CheckedRequest {
  return mode === "native"
    ? { mode, document: checkNative(document, ground) }
    : { mode, document: checkCompat(document, ground) };
}

/** The document that comes back is the parsed one: the schema's copy would lose a key called `__proto__`. */
function checkNative(document: JsonRecord, ground: Ground): NativeRequest {
  checkServed(document, ground);
  validate(GptOssResponses, document);
  if (!isNative(document)) throw noInput();
  refuseReferences(document, ground);
  return document;
}

/** The same for a request of compat mode. */
export function checkCompat(sent: JsonRecord, ground: Ground): CreateRequest {
  const served = checkServed(sent, ground);
  // What continues an earlier response needs no input of its own, at OpenAI.
  const continues = typeof served.previous_response_id === "string" || conversationOf(served) !== undefined;
  const { input = null, ...rest } = sent;
  const document = validate(CreateRequest, input !== null ? sent : continues ? { ...rest, input: [] } : rest);
  refuseReferences(document, ground);
  return document;
}

/** What `GptOssResponses` has found to be so. */
function isNative(document: JsonRecord): document is NativeRequest {
  const { input } = document;
  return typeof input === "string" || Array.isArray(input);
}

/**
 * First, since each of these may stand in the place of `input`: to ask for that would say the wrong thing. What needs a
 * memory of earlier calls is refused without one, never dropped in silence.
 */
function checkServed(document: JsonRecord, { bindings: { THREADS, RUNS }, isContextHeld }: Ground): ServedFields {
  const served = validate(ServedFields, document);
  if (THREADS === undefined) {
    if (typeof served.previous_response_id === "string" && isContextHeld !== true) {
      throw stateless("previous_response_id");
    }
    if (conversationOf(served) !== undefined) throw stateless("conversation");
  }
  if (served.background === true && (THREADS === undefined || RUNS === undefined)) {
    throw stateless("background", THREADS === undefined ? "THREADS" : "RUNS");
  }
  if (document["input"] === undefined && Array.isArray(document["messages"])) throw noInput();
  return served;
}

function noInput(): ApiError {
  return invalidRequest({
    code: "missing_required_parameter",
    param: "input",
    message: "The field `input` is required. It takes what Chat Completions calls `messages`.",
  });
}

/** Throws 400 for the first `item_reference` where nothing is stored that it could stand for. */
function refuseReferences(
  { input }: Pick<NativeRequest, "input">,
  { bindings: { THREADS }, isContextHeld }: Ground,
): void {
  if (typeof input === "string" || THREADS !== undefined || isContextHeld === true) return;
  const reference = input.findIndex(isReference);
  if (reference !== -1) throw stateless(`input[${reference}]`);
}

function stateless(param: string, binding = "THREADS"): ApiError {
  return invalidRequest({
    code: "unsupported_parameter",
    param,
    message: `This Worker keeps no state, so it can't serve \`${param}\`. Send the whole context in \`input\`; its operator turns state on by binding ${binding}.`,
  });
}
