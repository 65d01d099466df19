import { waitUntil } from "cloudflare:workers";
import type { Call } from "../../call.ts";
import type { HostedSession } from "../../hosted/hosted-session.ts";
import { nameMcpTool } from "../../hosted/mcp/name-tool.ts";
import type { ApprovedCall } from "../../hosted/mcp/resolve-approvals.ts";
import { runTogether } from "../../hosted/run-together.ts";
import { citeUrls } from "../../hosted/web-search/cite-urls.ts";
import { hasBudgetLeft } from "../../metering/check-budget.ts";
import { maxRequests, requestsMade } from "../../metering/count-requests.ts";
import type { JsonRecord } from "../../protocol/json.ts";
import type { CreateRequest } from "../../protocol/request.ts";
import type { Ending, ResponseBuilder } from "../../protocol/response-builder.ts";
import type { ModelAnswer } from "../../workers-ai/run.ts";
import type { MadeHostedCall } from "../answer/growing-calls.ts";
import { readRound } from "../answer/read-round.ts";
import type { ChatMessage } from "../chat-inputs.ts";
import { type ConvertedRequest, isForced } from "../request/convert-request.ts";
import type { ToolOffer } from "../request/convert-tool-choice.ts";
import type { Translation } from "../translation.ts";
import { askModel } from "./ask-model.ts";
import { type CompactionPlan, compactContext } from "./compact-context.ts";
import { atOnce, runHostedCalls, transcribeCalls } from "./run-hosted-calls.ts";
import type { UsageSum } from "./usage-sum.ts";

/** Rounds of the model in one Response. The last one is offered no hosted tool, so that it answers. */
const maxRounds = 10;

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
  /** Undefined where the context stays as it is. */
  compaction: CompactionPlan | undefined;
  /** Converts the request again, with another input. */
  convert: (input: JsonRecord[]) => Promise<ConvertedRequest>;
  /** Calls that the user has approved with this request. */
  approved: readonly ApprovedCall[];
  /** The id of the request by which the user may approve a call. */
  requestApproval: (call: MadeHostedCall, outputIndex: number) => Promise<string>;
  usage: UsageSum;
}

/**
 * Makes the rounds of a Response: the model's, and between them what it called. One round where no hosted tool is called.
 * Yields whenever there may be events, and says how the Response ends.
 * @throws {ApiError} why it fails
 */
export async function* runRounds(request: RoundsRequest): AsyncGenerator<void, Ending> {
  const { compaction } = request;
  let { converted } = request;
  if (compaction !== undefined) converted = await request.convert(yield* compactContext(compaction, request));
  try {
    return yield* runConverted(converted, request);
  } finally {
    // Closing the sessions with MCP servers must not delay the answer.
    if (converted.session !== undefined) waitUntil(converted.session.close());
  }
}

async function* runConverted(converted: ConvertedRequest, request: RoundsRequest): AsyncGenerator<void, Ending> {
  const { call, document, builder, approved, usage } = request;
  const { session } = converted;
  const { signal } = call;
  const messages: ChatMessage[] = [];
  if (session !== undefined) {
    yield* runTogether(session.list(builder, signal), atOnce);
    messages.push(...(yield* runApproved(session, { approved, builder, signal })));
  }
  let callsLeft = document.max_tool_calls ?? Infinity;
  let offer = converted.offerTools();
  for (let number = 1; ; number += 1) {
    const first = number === 1 ? request.first : undefined;
    // The first answer was asked for with what the request alone gives.
    const round = first === undefined ? { messages, offer, spent: usage.outputTokens } : undefined;
    const inputsFor = (model: string) => converted.inputsFor(model, round);
    const answer = first ?? (await askModel(call, { document, inputsFor, hasImages: converted.hasImages }));
    const { model } = answer;
    builder.nameModel(model);
    const { round: made, ending } = yield* readRound(
      answer,
      {
        builder,
        translation: translateRound(converted, offer),
        inputs: inputsFor(model),
        takeHostedCall: () => (callsLeft -= 1) >= 0,
      },
      { usage, signal, silenceMs: call.config.upstreamTimeoutMs },
    );
    if (session === undefined || made.hostedCalls.length === 0 || ending.status === "incomplete") return ending;

    const outcome = yield* runHostedCalls(made.hostedCalls, {
      spoken: made.spoken,
      builder,
      signal,
      hasRoom: () => requestsMade(call.record) + requestsOfCall <= maxRequests,
      requestApproval: request.requestApproval,
    });
    if (made.callsClient || outcome.waits) return ending;
    messages.push(...outcome.messages);
    offer = nextOffer(offer, number < maxRounds - 1 && callsLeft > 0);
    const hasRoom =
      requestsMade(call.record) < maxRequests &&
      converted.hasRoom(model, { messages, offer, spent: usage.outputTokens }) &&
      (await hasBudgetLeft(call, usage.tokens));
    if (!hasRoom) return cutShort;
  }
}

function translateRound({ translation, session }: ConvertedRequest, { tools, choice }: ToolOffer): Translation {
  return {
    ...translation,
    tools,
    toolCallForced: isForced(choice),
    ...(session !== undefined && { cite: (text: string) => citeUrls(text, session.sources) }),
  };
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

/**
 * What the model is offered after a round that called hosted tools. A call of one that was demanded is made: the demand
 * must not be made for ever. A tool of the client's that is demanded is still to be called.
 */
function nextOffer(offer: ToolOffer, mayCallHosted: boolean): ToolOffer {
  const { choice } = offer;
  const isMet = typeof choice === "object" ? isHosted(offer, choice.function.name) : choice === "required";
  const next: ToolOffer = isMet ? { ...offer, choice: "auto" } : offer;
  if (mayCallHosted) return next;
  const own = new Map([...next.tools].filter(([name]) => !isHosted(offer, name)));
  return {
    tools: own,
    chatTools: next.chatTools.filter((tool) => own.has(tool.function.name)),
    ...(own.size > 0 && next.choice !== undefined && { choice: next.choice }),
  };
}

function isHosted({ tools }: ToolOffer, name: string): boolean {
  return tools.get(name)?.kind === "hosted";
}
