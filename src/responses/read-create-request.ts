import type { HonoRequest } from "hono";
import type { Bindings, Config } from "../config.ts";
import { invalidRequest } from "../errors.ts";
import { readJsonBody } from "../http/read-json-body.ts";
import { isReference } from "../protocol/is-reference.ts";
import { mapIssue } from "../protocol/map-issue.ts";
import { findConversationId } from "../protocol/read-conversation.ts";
import type { JsonRecord } from "../protocol/read-value.ts";
import { CompatCreateRequest, type CreateRequest, NativeCreateRequest } from "../protocol/schema.ts";

/**
 * Reads and checks the body of a create request. The document that comes back is the parsed one, not the schema's copy
 * of it: a copy would lose a key called `__proto__`.
 * Throws 415 for a content type or encoding that is not JSON as it is, 400 for a body that can't be read and for a
 * document that does not fit.
 */
export async function readCreateRequest(
  request: HonoRequest,
  bindings: Bindings,
  mode: Config["mode"],
): Promise<CreateRequest> {
  const sent = await readJsonBody(request);
  // First: each of these may stand in the place of `input`, so that to ask for that would say the wrong thing.
  refuseUnsupported(sent, bindings);
  const document = mode === "compat" ? fillInput(sent) : sent;
  checkDocument(document, mode);
  refuseReferences(document, bindings);
  return document;
}

/** What continues an earlier turn needs no input of its own, at OpenAI. The native schema wants one all the same. */
function fillInput(document: JsonRecord): JsonRecord {
  const { input = null, previous_response_id: previousId } = document;
  const continues = typeof previousId === "string" || findConversationId(document) !== undefined;
  return input === null && continues ? { ...document, input: [] } : document;
}

/** Throws 400 with the first place where a document does not fit the schema of the mode. */
export function checkDocument(document: JsonRecord, mode: Config["mode"]): asserts document is CreateRequest {
  if (document["input"] === undefined && Array.isArray(document["messages"])) {
    throw invalidRequest({
      code: "missing_required_parameter",
      param: "input",
      message: "The field `input` is required. It takes what Chat Completions calls `messages`.",
    });
  }
  const schema = mode === "native" ? NativeCreateRequest : CompatCreateRequest;
  const checked = schema.safeParse(document, { reportInput: true });
  if (!checked.success) throw mapIssue(checked.error.issues);
}

/** Fields that need a memory of earlier calls: without one they are refused, never dropped in silence. */
const statefulFields = [
  ["previous_response_id", "string"],
  ["background", "boolean"],
] as const;

/** Throws 400 for a `conversation` that is no id, that there is no room for, or that goes with `previous_response_id`. */
function checkConversation(document: JsonRecord, bindings: Bindings): void {
  const { conversation, previous_response_id: previousId } = document;
  if (conversation === undefined || conversation === null) return;
  if (bindings.CONVERSATIONS === undefined) throw unsupported("conversation", "CONVERSATIONS");
  if (findConversationId(document) === undefined) {
    throw invalidRequest({
      code: "invalid_type",
      param: "conversation",
      message: "The field `conversation` must be a string or an object with an `id`.",
    });
  }
  if (typeof previousId === "string") {
    throw invalidRequest({
      code: "mutually_exclusive_parameters",
      param: "previous_response_id",
      message: "A request continues a `conversation` or a `previous_response_id`, not both. Leave one out.",
    });
  }
}

/** Throws 400 for a `store` that is neither true nor false: what was meant as "no" must not be kept. */
function checkStore({ store }: JsonRecord, hasState: boolean): void {
  if (!hasState || store === undefined || store === null || typeof store === "boolean") return;
  throw invalidRequest({ code: "invalid_type", param: "store", message: "The field `store` must be a boolean." });
}

function refuseUnsupported(document: JsonRecord, bindings: Bindings): void {
  const { prompt } = document;
  if (prompt !== undefined && prompt !== null) {
    throw invalidRequest({
      code: "unsupported_parameter",
      param: "prompt",
      message: "This Worker keeps no prompt templates. Send the text itself, as `instructions` and `input`.",
    });
  }
  const hasState = bindings.RESPONSES !== undefined;
  for (const [field, kind] of statefulFields) {
    const value = document[field];
    if (value === undefined || value === null || value === false) continue;
    if (!hasState) throw unsupported(field);
    if (typeof value !== kind) {
      throw invalidRequest({
        code: "invalid_type",
        param: field,
        message: `The field \`${field}\` must be a ${kind}.`,
      });
    }
  }
  checkStore(document, hasState);
  checkConversation(document, bindings);
  if (document["background"] === true && document["store"] === false) {
    throw invalidRequest({
      code: "background_needs_store",
      param: "store",
      message: "A `background` response is kept until it is fetched: leave out `store: false`.",
    });
  }
}

/** Throws 400 for the first `item_reference` where nothing is kept that it could stand for. */
function refuseReferences(document: CreateRequest, { RESPONSES: responses }: Bindings): void {
  const { input } = document;
  if (typeof input === "string" || responses !== undefined || findConversationId(document) !== undefined) return;
  const reference = input.findIndex(isReference);
  if (reference !== -1) throw unsupported(`input[${reference}]`);
}

function unsupported(param: string, binding = "RESPONSES") {
  return invalidRequest({
    code: "unsupported_parameter",
    param,
    message: `This Worker keeps no state, so it can't serve \`${param}\`. Send the whole context in \`input\`; its operator turns state on by binding ${binding}.`,
  });
}
