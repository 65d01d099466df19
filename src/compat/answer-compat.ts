import type { Call, EventsAnswer } from "../call.ts";
import type { ApiError } from "../errors.ts";
import { type CreateRequest, isWarmUp } from "../protocol/request.ts";
import { ResponseBuilder } from "../protocol/response-builder.ts";
import { resolveModel } from "../workers-ai/models.ts";
import { answerWithNothing } from "./answer-with-nothing.ts";
import { convertRequest } from "./request/convert-request.ts";
import { echoRequest } from "./request/echo-request.ts";
import { respond } from "./respond.ts";
import { approvalRequests, findApproved } from "./rounds/approvals.ts";
import { askModel } from "./rounds/ask-model.ts";
import { planCompaction } from "./rounds/compact-context.ts";
import { runRounds } from "./rounds/run-rounds.ts";
import { supportHostedTools } from "./rounds/start-session.ts";
import { UsageSum } from "./rounds/usage-sum.ts";

/**
 * Compat mode: the request goes to the model's chat branch, and the answer comes back as the events of a Response.
 * `responseId` names that Response; `isStored` is what it says of itself.
 *
 * Upstream is asked for a stream when the client is, and for JSON otherwise: several models of Workers AI can't hold a
 * stream to a JSON schema. Whichever of the two it then sends is read.
 *
 * The model is asked before the Response begins, so that its failure has a status, unless MCP servers have to be asked
 * first or the context made short: that takes its time, and is seen.
 */
export async function answerCompat(
  call: Call,
  {
    document,
    responseId,
    isStored,
    warnings: earlier,
  }: {
    document: CreateRequest;
    responseId: string;
    isStored: boolean;
    /** What of it was changed already. */
    warnings: ReadonlySet<string> | undefined;
  },
): Promise<EventsAnswer> {
  const { config, keyName } = call;
  const convert = (given: CreateRequest) =>
    convertRequest(given, {
      keyName,
      config,
      hosted: supportHostedTools(call, document),
      warnings: earlier,
    });
  const converted = await convert(document);
  const { session, translation, warnings } = converted;
  const start = (model: string) => ({
    ...echoRequest(document, { id: responseId, model, now: Date.now() }),
    store: isStored,
  });
  const wanted = resolveModel(config.models, document.model);
  if (isWarmUp(document)) return answerWithNothing(new ResponseBuilder(start(wanted)), warnings);
  const approved = session === undefined ? [] : await findApproved(call, { document, session, isStored });
  const compaction = planCompaction(call, { document, converted });
  const isListed = session === undefined || (session.unlisted.size === 0 && approved.length === 0);
  const isReady = isListed && compaction === undefined;
  const first = isReady ? await askModel(call, { document, ...converted }) : undefined;
  const builder = new ResponseBuilder(start(first?.model ?? wanted));
  const usage = new UsageSum();
  const requestApproval = approvalRequests(call, { responseId, isStored });
  const rounds = runRounds({
    call,
    document,
    converted,
    compaction,
    convert: (input) => convert({ ...document, input }),
    builder,
    first,
    approved,
    requestApproval,
    usage,
  });
  let failure: ApiError | undefined;
  return {
    kind: "events",
    events: respond(rounds, {
      builder,
      usage,
      seal: translation.seal,
      signal: call.signal,
      onFailure: (error) => (failure = error),
    }),
    failure: () => failure,
    tokens: () => usage.tokens,
    upstreamId: first?.upstreamId,
    warnings,
  };
}
