import { type ApiError, invalidRequest } from "../../errors.ts";
import type { Warnings } from "../../http/warnings.ts";
import type { CreateRequest } from "../../protocol/request.ts";
import { describeModel } from "../../workers-ai/models.ts";
import type { ChatInputs } from "../chat-inputs.ts";
import { unpackCompaction } from "../pack-compaction.ts";
import { createTextSealer, type TextSealer } from "../seal-text.ts";
import type { Translation } from "../translation.ts";
import { convertFormat, describeVerbosity } from "./convert-format.ts";
import { convertItems } from "./convert-items.ts";
import { convertToolChoice } from "./convert-tool-choice.ts";
import { convertTools } from "./convert-tools.ts";
import { limitAnswer, truncateMessages, wantedAnswer } from "./fit-context.ts";
import { mapEffort } from "./map-effort.ts";
import { warnOfIneffective } from "./warn-of-ineffective.ts";

/** A create request, ready for the chat branch of a model. */
export interface ConvertedRequest {
  /** The body for `env.AI.run` of a model: made once for each, with that model's limits and the fields it takes. */
  inputsFor: (model: string) => ChatInputs;
  /** Whether it has images: then only a model that sees can answer. */
  hasImages: boolean;
  /** What the answer is built with. */
  translation: Translation;
  /** What was left out or changed, for the `warning` header: see `renderWarnings`. */
  warnings: Warnings;
}

/**
 * Turns a create request into a call of a model's chat branch. Pure.
 * @throws {ApiError} 400 that names the first field it can't take
 */
export async function convertRequest(
  request: CreateRequest,
  {
    keyName,
    reasoningKey,
    warnings: earlier,
  }: {
    /** Name of the caller's key: what is sealed for one caller doesn't open for another. */
    keyName: string;
    /** The `REASONING_KEY` setting. */
    reasoningKey: string | undefined;
    /** What of it was changed already. */
    warnings?: ReadonlySet<string> | undefined;
  },
): Promise<ConvertedRequest> {
  const warnings: Warnings = new Set(earlier);
  warnOfIneffective(request, warnings);
  const box = convertTools(request.tools ?? [], warnings);
  const { choice, chatTools: tools, tools: offered } = convertToolChoice(request.tool_choice, box, warnings);
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
    ...(tools.length > 0 && { tools, ...convertCalling(request, choice) }),
    ...(format !== undefined && { response_format: format }),
    ...convertSampling(request),
    ...(request.stream === true && { stream: true as const, stream_options: { include_usage: true as const } }),
  };

  function makeInputs(model: string): ChatInputs {
    const answer = wantedAnswer(model, request.max_output_tokens);
    const messages =
      request.truncation === "auto" ? truncateMessages({ messages: converted, tools, model, answer }) : converted;
    const cut = converted.length - messages.length;
    if (cut > 0) warnings.add(`Of ${converted.length} messages the oldest ${cut} were left out: the context is full.`);
    return {
      messages,
      max_tokens: limitAnswer({ model, answer, messages, tools }),
      ...common,
      ...convertEffort(request, model, warnings),
    };
  }
  const made = new Map<string, ChatInputs>();
  return {
    inputsFor(model) {
      const inputs = made.get(model) ?? makeInputs(model);
      made.set(model, inputs);
      return inputs;
    },
    hasImages: converted.some(({ content }) => typeof content !== "string"),
    translation: {
      tools: offered,
      toolCallForced: choice !== undefined && choice !== "auto" && choice !== "none",
      summarize: (request.reasoning?.summary ?? request.reasoning?.generate_summary ?? null) !== null,
      ...(seal !== undefined && { seal }),
    },
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
