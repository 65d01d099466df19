import { makeAnswer } from "../answer.ts";
import type { Answer, Call, CheckedRequest } from "../call.ts";
import { answerWithNothing } from "../compat/answer-with-nothing.ts";
import { echoNative } from "../native/echo-request.ts";
import { createId } from "../protocol/ids.ts";
import { ResponseBuilder } from "../protocol/response-builder.ts";
import { isStored } from "../state/save.ts";
import { resolveModel } from "../workers-ai/models.ts";

/**
 * Answers a request with `generate: false`: a Response without output, to continue from. No model is called. Compat mode
 * does so over HTTP too; in native mode the field is upstream's there, and a WebSocket's own here.
 */
export function warmUp(call: Call, request: CheckedRequest, responseId: string): Promise<Answer> {
  if (request.mode === "compat") return makeAnswer(call, request, responseId);
  const { bindings, config } = call;
  const { document } = request;
  // Not `responseId`, which says where the response is: in this mode the key's index does.
  const model = resolveModel(config.models, document.model);
  const response = echoNative(document, { id: createId("resp"), model, now: Date.now() });
  const builder = new ResponseBuilder({ ...response, store: isStored(document, bindings) });
  return Promise.resolve(answerWithNothing(builder, new Set()));
}
