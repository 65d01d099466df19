import { type ApiError, invalidRequest } from "../../errors.ts";
import type { HostedToolSettings } from "../../hosted-tool-settings.ts";
import type { HostedSession } from "../../hosted/hosted-session.ts";
import { type HostedPlan, isEmptyPlan, planTools } from "../../hosted/plan-tools.ts";
import type { Warnings } from "../../http/warnings.ts";
import type { CreateRequest } from "../../protocol/request.ts";
import { describeModel } from "../../workers-ai/models.ts";
import type { ChatInputs, ChatMessage } from "../chat-inputs.ts";
import { unpackCompaction } from "../pack-compaction.ts";
import { createTextSealer, type TextSealer } from "../seal-text.ts";
import type { Translation } from "../translation.ts";
import { convertFormat, describeVerbosity } from "./convert-format.ts";
import { convertItems } from "./convert-items.ts";
import { convertToolChoice, type ToolOffer } from "./convert-tool-choice.ts";
import { convertTools } from "./convert-tools.ts";
import { fitsContext, limitAnswer, truncateMessages, wantedAnswer } from "./fit-context.ts";
import { mapEffort } from "./map-effort.ts";
import { offerHostedTools } from "./offer-hosted-tools.ts";
import { warnOfIneffective } from "./warn-of-ineffective.ts";

/** What one round adds to the request that it belongs to. */
export interface Round {
  /** What was said and done in the rounds before. */
  messages: readonly ChatMessage[];
  offer: ToolOffer;
  /** Tokens that the rounds before have written: `max_output_tokens` holds for all of them together. */
  spent: number;
}

/** A create request, ready for the chat branch of a model. */
export interface ConvertedRequest {
  /**
   * The body for `env.AI.run` of a model, with that model's limits and the fields it takes. Without a round it is the
   * first, as far as the tools are known.
   */
  inputsFor: (model: string, round?: Round) => ChatInputs;
  /** Whether another round has room: in the model's context, and in the tokens that it may write. */
  hasRoom: (model: string, round: Round) => boolean;
  /** Whether it has images: then only a model that sees can answer. */
  hasImages: boolean;
  /** What the first round is read with. */
  translation: Translation;
  /** The hosted tools that the request asks for and this Worker runs; undefined for none. */
  session: HostedSession | undefined;
  /**
   * What the model is offered, as far as the tools are known.
   * @throws {ApiError} 400 when a tool is demanded that isn't there
   */
  offerTools: () => ToolOffer;
  /** What was left out or changed, for the `warning` header: see `renderWarnings`. */
  warnings: Warnings;
}

/** Which hosted tools are on, and what they are run with. */
export interface HostedSupport {
  settings: HostedToolSettings;
  startSession: (plan: HostedPlan) => HostedSession;
}

const noHostedTools: HostedToolSettings = { webSearch: undefined, mcp: undefined, imageModel: undefined };

/**
 * Turns a create request into a call of a model's chat branch. Pure.
 * @throws {ApiError} 400 that names the first field it can't take
 */
export async function convertRequest(
  request: CreateRequest,
  {
    keyName,
    reasoningKey,
    hosted,
    warnings: earlier,
  }: {
    /** Name of the caller's key: what is sealed for one caller doesn't open for another. */
    keyName: string;
    /** The `REASONING_KEY` setting. */
    reasoningKey: string | undefined;
    /** No hosted tool is on when this is left out. */
    hosted?: HostedSupport;
    /** What of it was changed already. */
    warnings?: ReadonlySet<string> | undefined;
  },
): Promise<ConvertedRequest> {
  const warnings: Warnings = new Set(earlier);
  warnOfIneffective(request, warnings);
  const box = convertTools(request.tools ?? [], warnings);
  const isBackground = request.background === true;
  const settings = hosted?.settings ?? noHostedTools;
  const { leftOut, ...plan } = planTools(box.others, { settings, isBackground, warnings });
  if (leftOut.size > 0) {
    warnings.add(`The model can't run hosted tools, so these were left out: ${[...leftOut].join(", ")}.`);
  }
  const session = isEmptyPlan(plan) ? undefined : hosted?.startSession(plan);
  if (typeof request.input !== "string") session?.recallListings(request.input);
  function offerTools(): ToolOffer {
    const { tools, chatTools } = offerHostedTools(box, session?.tools() ?? []);
    const unlisted = session?.unlisted ?? new Set();
    return convertToolChoice(request.tool_choice, { tools, chatTools, leftOut, unlisted }, warnings);
  }
  const firstOffer = offerTools();
  const sealers = createSealers(reasoningKey, keyName);
  const converted = await convertItems(
    {
      instructions: [request.instructions ?? "", describeVerbosity(request.text)].filter((text) => text !== ""),
      input: request.input,
    },
    {
      offeredName: box.offeredName,
      openReasoning: async (sealed) => sealers?.reasoning.open(sealed),
      openCompaction: (packed) => unpackCompaction(packed, sealers?.compaction),
      warnings,
    },
  );
  if (converted.length === 0) throw nothingToAnswer();
  const format = convertFormat(request.text);
  const seal = chooseSeal(request, sealers?.reasoning, warnings);
  const common = {
    ...(format !== undefined && { response_format: format }),
    ...convertSampling(request),
    ...(request.stream === true && { stream: true as const, stream_options: { include_usage: true as const } }),
  };

  function makeInputs(model: string, { messages: added, offer, spent }: Round): ChatInputs {
    const { chatTools: tools, choice } = offer;
    const { max_output_tokens: most } = request;
    const answer = wantedAnswer(model, typeof most === "number" ? Math.max(most - spent, 1) : most);
    const all = added.length === 0 ? converted : [...converted, ...added];
    const messages = request.truncation === "auto" ? truncateMessages({ messages: all, tools, model, answer }) : all;
    const cut = all.length - messages.length;
    if (cut > 0) warnings.add(`Of ${all.length} messages the oldest ${cut} were left out: the context is full.`);
    return {
      messages,
      max_tokens: limitAnswer({ model, answer, messages, tools }),
      ...(tools.length > 0 && { tools, ...convertCalling(request, choice) }),
      ...common,
      ...convertEffort(request, model, warnings),
    };
  }
  const made = new Map<string, ChatInputs>();
  return {
    inputsFor(model, round) {
      if (round !== undefined) return makeInputs(model, round);
      const inputs = made.get(model) ?? makeInputs(model, { messages: [], offer: firstOffer, spent: 0 });
      made.set(model, inputs);
      return inputs;
    },
    hasRoom(model, { messages, offer: { chatTools: tools }, spent }) {
      if (typeof request.max_output_tokens === "number" && spent >= request.max_output_tokens) return false;
      return request.truncation === "auto" || fitsContext({ model, messages: [...converted, ...messages], tools });
    },
    hasImages: converted.some(({ content }) => typeof content !== "string"),
    translation: {
      tools: firstOffer.tools,
      toolCallForced: isForced(firstOffer.choice),
      summarize: (request.reasoning?.summary ?? request.reasoning?.generate_summary ?? null) !== null,
      ...(seal !== undefined && { seal }),
    },
    session,
    offerTools,
    warnings,
  };
}

function nothingToAnswer(): ApiError {
  return invalidRequest({
    code: "missing_required_parameter",
    param: "input",
    message: "There is nothing to answer. Send a text or messages in `input`.",
  });
}

/** Whether the model has to call: `required`, or one tool by its name. */
export function isForced(choice: ToolOffer["choice"]): boolean {
  return choice !== undefined && choice !== "auto" && choice !== "none";
}

/** What seals for this caller; `undefined` where no key is set. */
function createSealers(secret: string | undefined, keyName: string) {
  if (secret === undefined) return undefined;
  return {
    reasoning: createTextSealer({ secret, keyName, purpose: "reasoning" }),
    compaction: createTextSealer({ secret, keyName, purpose: "compaction" }),
  };
}

function chooseSeal({ include }: CreateRequest, sealer: TextSealer | undefined, warnings: Warnings) {
  if (include?.includes("reasoning.encrypted_content") !== true) return undefined;
  if (sealer === undefined) warnings.add("There is no reasoning.encrypted_content: this Worker has no REASONING_KEY.");
  return sealer?.seal;
}

function convertCalling({ parallel_tool_calls: parallel }: CreateRequest, choice: ChatInputs["tool_choice"]) {
  return {
    ...(choice !== undefined && { tool_choice: choice }),
    ...(typeof parallel === "boolean" && { parallel_tool_calls: parallel }),
  };
}

function convertEffort({ reasoning }: CreateRequest, model: string, warnings: Warnings) {
  const effort = reasoning?.effort;
  if (effort === undefined || effort === null) return {};
  const mapped = mapEffort(effort, describeModel(model).efforts);
  if (mapped === undefined) {
    warnings.add("The model has no reasoning effort to set: the field reasoning.effort has no effect.");
    return {};
  }
  if (mapped !== effort) warnings.add(`The model has no reasoning effort ${effort}: it was asked for ${mapped}.`);
  return { reasoning_effort: mapped };
}

/** Least `top_p` of the chat branch's published schema. */
const leastTopP = 0.001;

function convertSampling(request: CreateRequest): Partial<ChatInputs> {
  const { temperature, top_p, frequency_penalty, presence_penalty, top_logprobs, include } = request;
  const wantsLogprobs = (top_logprobs ?? 0) > 0 || include?.includes("message.output_text.logprobs") === true;
  return {
    ...(typeof temperature === "number" && { temperature }),
    ...(typeof top_p === "number" && { top_p: Math.max(top_p, leastTopP) }),
    ...(typeof frequency_penalty === "number" && { frequency_penalty }),
    ...(typeof presence_penalty === "number" && { presence_penalty }),
    ...(wantsLogprobs && { logprobs: true as const, top_logprobs: top_logprobs ?? 0 }),
  };
}
