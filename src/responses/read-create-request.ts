import type { HonoRequest } from "hono";
import type { Bindings, Config } from "../config.ts";
import { invalidRequest } from "../errors.ts";
import { mapIssue } from "../protocol/map-issue.ts";
import { readJsonBody } from "../http/read-json-body.ts";
import { findConversationId } from "../protocol/read-conversation.ts";
import { isReference } from "../turns/resolve-references.ts";
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
  const document = await readJsonBody(request);
  checkDocument(document, mode);
  refuseUnsupported(document, bindings);
  return document;
}

/** Throws 400 with the first place where a document does not fit the schema of the mode. */
export function checkDocument(document: JsonRecord, mode: Config["mode"]): asserts document is CreateRequest {
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
function checkConversation(document: CreateRequest, bindings: Bindings): void {
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

function refuseUnsupported(document: CreateRequest, bindings: Bindings): void {
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
  checkConversation(document, bindings);
  if (document["background"] === true && document["store"] === false) {
    throw invalidRequest({
      code: "background_needs_store",
      param: "store",
      message: "A `background` response is kept until it is fetched: leave out `store: false`.",
    });
  }
  if (typeof document.input === "string" || hasState || findConversationId(document) !== undefined) return;
  const reference = document.input.findIndex(isReference);
  if (reference !== -1) throw unsupported(`input[${reference}]`);
}

function unsupported(param: string, binding = "RESPONSES") {
  return invalidRequest({
    code: "unsupported_parameter",
    param,
    message: `This Worker keeps no state, so it can't serve \`${param}\`. Send the whole context in \`input\`; its operator turns state on by binding ${binding}.`,
  });
}
