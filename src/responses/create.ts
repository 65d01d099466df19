import type { Context } from "hono";
import { answerRequest } from "../answers/answer-request.ts";
import { type AnswerOutcome, watchAnswer } from "../answers/watch-answer.ts";
import type { AppEnv } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { renderBody } from "../http/render-body.ts";
import { wantsAnswerEnd } from "../metering/report-request.ts";
import { isReference } from "../protocol/is-reference.ts";
import { findConversationId } from "../protocol/read-conversation.ts";
import type { CreateRequest } from "../protocol/schema.ts";
import { isStored } from "../store/is-stored.ts";
import { findContext, type TurnInput } from "../turns/find-context.ts";
import { saveAnswer } from "../turns/save-answer.ts";
import { readCreateRequest } from "./read-create-request.ts";
import { startBackground } from "./start-background.ts";

/**
 * `POST /v1/responses`: reads and checks the request, has it answered with the context it continues, and hands the
 * answer's body on untouched. A stored answer is kept before its last byte goes out: whoever has read it whole can
 * continue it at once.
 */
export async function createResponse(context: Context<AppEnv>): Promise<Response> {
  const { env: bindings } = context;
  const config = readConfig(bindings);
  const keyName = context.get("keyName");
  const record = context.get("record");
  const document = await readCreateRequest(context.req, bindings, config.mode);
  const input = await findContext({ bindings, document, keyName });
  const whole = withContext(document, input);
  const requestId = context.get("requestId");
  if (document["background"] === true) {
    return startBackground({ bindings, config, document: whole, input, keyName, requestId });
  }
  const { trace } = record;
  const { signal } = context.req.raw;
  const answer = await answerRequest({ bindings, config, document: whole, signal, keyName, trace });
  const { fallbackModel } = trace;
  const keeps = isStored(document, bindings) || findConversationId(document) !== undefined;
  if (!keeps && !wantsAnswerEnd(config, bindings)) {
    return renderBody(answer.kind, answer.body, { ...answer, fallbackModel });
  }
  const save = async (outcome: AnswerOutcome): Promise<void> => {
    const answered = { bindings, config, document, keyName, requestId, input, outcome };
    record.notKept = await saveAnswer(answered, (work) => context.executionCtx.waitUntil(work));
  };
  const watched = watchAnswer(answer, keeps ? save : undefined);
  record.answerEnd = watched.outcome;
  return renderBody(answer.kind, watched.answer.body, { ...answer, fallbackModel });
}

/** The request as the model gets it. Without earlier turns and references it is the client's own, not a copy. */
function withContext(document: CreateRequest, { earlier, own }: TurnInput): CreateRequest {
  const isOwn = typeof document.input === "string" || !document.input.some(isReference);
  return earlier.length === 0 && isOwn
    ? document
    : { ...document, input: [...earlier, ...own].map(({ item }) => item) };
}
