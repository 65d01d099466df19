import type { Call } from "../call.ts";
import type { HostedSession } from "../hosted/hosted-session.ts";
import { nameMcpTool } from "../hosted/mcp/name-tool.ts";
import type { ApprovedCall } from "../hosted/mcp/resolve-approvals.ts";
import { runTogether } from "../hosted/run-together.ts";
import { citeUrls } from "../hosted/web-search/cite-urls.ts";
import { hasBudgetLeft } from "../metering/check-budget.ts";
import type { CreateRequest } from "../protocol/request.ts";
import type { Ending, ResponseBuilder } from "../protocol/response-builder.ts";
import { resolveModel } from "../workers-ai/models.ts";
import { type ModelAnswer, runModel } from "../workers-ai/run.ts";
import type { MadeHostedCall } from "./answer/growing-calls.ts";
import { readRound } from "./answer/read-round.ts";
import type { ChatMessage } from "./chat-inputs.ts";
import { type ConvertedRequest, isForced, type Round } from "./request/convert-request.ts";
import type { ToolOffer } from "./request/convert-tool-choice.ts";
import { atOnce, runHostedCalls, transcribeCalls } from "./run-hosted-calls.ts";
import type { UsageSum } from "./usage-sum.ts";

/** Rounds of the model in one Response. The last one is offered no hosted tool, so that it answers. */
const maxRounds = 10;

/**
 * Requests that one Response may make: a Worker on the free plan may make 50 in all
 * (developers.cloudflare.com/workers/platform/limits), and what is stored and counted afterwards needs some.
 */
const maxRequests = 42;

/** Requests that one call may make at most: to open a page with its redirects, or to greet a server first. */
const requestsOfCall = 6;

/** OpenAI knows two reasons for an end before the end; this is the nearer one, whichever limit it was. */
const cutShort: Ending = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };

/** What the rounds of one Response are made with. */
export interface RoundsRequest {
  call: Call;
  document: CreateRequest;
  converted: ConvertedRequest;
  builder: ResponseBuilder;
  /** The first round's answer, where it could be asked for before the Response began. */
  first: ModelAnswer | undefined;
  /** Calls that the user has approved with this request. */
  approved: readonly ApprovedCall[];
  /** The id of the request by which the user may approve a call. */
  requestApproval: (call: MadeHostedCall, outputIndex: number) => Promise<string>;
  usage: UsageSum;
}

/** Asks a model for a round. What it is sent differs from model to model. */
export function askModel(
  { bindings, config, signal, record }: Call,
  { document, inputsFor }: { document: CreateRequest; inputsFor: (model: string) => object },
): Promise<ModelAnswer> {
  return runModel({
    ai: bindings.AI,
    model: resolveModel(config.models, document.model),
    fallbackModels: config.fallbackModels,
    inputsFor,
    signal,
    timeoutMs: config.upstreamTimeoutMs,
    retries: config.upstreamRetries,
    gatewayId: config.gatewayId,
    sessionAffinity: document.prompt_cache_key ?? undefined,
    trace: record.trace,
  });
}

/**
 * Makes the rounds of a Response: the model's, and between them what it called. One round where no hosted tool is called.
 * Yields whenever there may be events, and says how the Response ends.
 * @throws {ApiError} why it fails
 */
export async function* runRounds(request: RoundsRequest): AsyncGenerator<void, Ending> {
  const { call, document, converted, builder, approved, usage } = request;
  const { session } = converted;
  const { config, signal } = call;
  const messages: ChatMessage[] = [];
  if (session !== undefined) {
    yield* runTogether(session.list(builder, signal), atOnce);
    messages.push(...(yield* runApproved(session, { approved, builder, signal })));
  }
  let callsLeft = document.max_tool_calls ?? Infinity;
  let offer = converted.offerTools();
  let answer = request.first;
  for (let number = 1; ; number += 1) {
    const round: Round = { messages, offer, spent: usage.outputTokens };
    const inputsFor = (name: string) =>
      converted.inputsFor(name, request.first === undefined || number > 1 ? round : undefined);
    answer ??= await askModel(call, { document, inputsFor });
    const { model } = answer;
    builder.nameModel(model);
    const { round: made, ending } = yield* readRound(
      answer,
      {
        builder,
        translation: {
          ...converted.translation,
          tools: offer.tools,
          toolCallForced: isForced(offer.choice),
          ...(session !== undefined && { cite: (text: string) => citeUrls(text, session.sources) }),
        },
        inputs: inputsFor(model),
        takeHostedCall: () => (callsLeft -= 1) >= 0,
      },
      { usage, signal, silenceMs: config.upstreamTimeoutMs },
    );
    if (session === undefined || made.hostedCalls.length === 0 || ending.status === "incomplete") return ending;

    const outcome = yield* runHostedCalls(made.hostedCalls, {
      spoken: made.spoken,
      builder,
      signal,
      hasRoom: () => session.requests + call.record.trace.calls + requestsOfCall <= maxRequests,
      requestApproval: request.requestApproval,
    });
    if (made.callsClient || outcome.waits) return ending;
    messages.push(...outcome.messages);
    // A demand is met once: it must not be made for ever.
    offer = isForced(offer.choice) ? { ...offer, choice: "auto" } : offer;
    if (number === maxRounds - 1 || callsLeft <= 0) offer = withoutHosted(offer);
    const hasRoom =
      session.requests + call.record.trace.calls < maxRequests &&
      converted.hasRoom(model, { messages, offer, spent: usage.outputTokens }) &&
      (await hasBudgetLeft(call, usage.totalTokens));
    if (!hasRoom) return cutShort;
    answer = undefined;
  }
}

/** Runs what the user has approved, before the model goes on, and writes it down for the model. */
async function* runApproved(
  session: HostedSession,
  { approved, builder, signal }: { approved: readonly ApprovedCall[]; builder: ResponseBuilder; signal: AbortSignal },
): AsyncGenerator<void, ChatMessage[]> {
  const calls = approved.map((one) => session.openApproved(one, builder));
  const texts = yield* runTogether(
    calls.map((one) => () => one.run(signal)),
    atOnce,
  );
  if (calls.length === 0) return [];
  return transcribeCalls(
    approved.map(({ label, name }, index) => {
      const item = calls[index]?.item();
      return {
        id: item?.id ?? "",
        name: nameMcpTool(label, name),
        arguments: item?.arguments ?? "",
        result: texts[index] ?? "",
      };
    }),
  );
}

function withoutHosted({ tools, chatTools, choice }: ToolOffer): ToolOffer {
  const own = new Map([...tools].filter(([, tool]) => tool.kind !== "hosted"));
  return {
    tools: own,
    chatTools: chatTools.filter((tool) => own.has(tool.function.name)),
    ...(own.size > 0 && choice !== undefined && { choice }),
  };
}
