import { invalidRequest } from "../../errors.ts";
import type { JsonRecord } from "../../protocol/read-value.ts";
import type { ChatInputs } from "../chat-inputs.ts";
import { unpackCompaction } from "../pack-compaction.ts";
import { createTextSealer, type TextSealer } from "../seal-text.ts";
import type { Translation } from "../translation.ts";
import type { Warnings } from "../warnings.ts";
import { convertFormat, describeVerbosity } from "./convert-format.ts";
import { convertItems } from "./convert-items.ts";
import { convertToolChoice } from "./convert-tool-choice.ts";
import { convertTools } from "./convert-tools.ts";
import { echoRequest } from "./echo-request.ts";
import { limitAnswer, wantedAnswer } from "./limit-answer.ts";
import { mapEffort } from "./map-effort.ts";
import { checkCompatRequest, type CompatRequest } from "./request-schema.ts";
import { truncateMessages } from "./truncate-messages.ts";
import { warnOfIneffective } from "./warn-of-ineffective.ts";

/** A create request, ready for the model's chat branch. */
export interface ConvertedRequest {
  /** The body for `env.AI.run`. */
  inputs: ChatInputs;
  /** What the answer is built with. */
  translation: Translation;
  /** What was left out or changed, for the `warning` header: see `renderWarnings`. */
  warnings: Warnings;
  /** Requests with one value reach one prompt cache. */
  sessionAffinity: string | undefined;
}

/**
 * Turns a create request into a call of the model's chat branch. Pure but for the ids and the time it stamps.
 * @throws {ApiError} 400 that names the first field it can't take
 */
export async function convertRequest({
  document,
  model,
  keyName,
  reasoningKey,
  now = Date.now(),
}: {
  document: JsonRecord;
  /** Full Workers AI name. */
  model: string;
  /** Name of the caller's key: what is sealed for one caller doesn't open for another. */
  keyName: string;
  /** The `REASONING_KEY` setting. */
  reasoningKey: string | undefined;
  /** Milliseconds since 1970. */
  now?: number;
}): Promise<ConvertedRequest> {
  const request = checkCompatRequest(document);
  const warnings: Warnings = new Set();
  warnOfIneffective(document, request.include ?? [], warnings);
  const box = convertTools(request.tools ?? [], warnings);
  const { choice, chatTools: tools, tools: offered } = convertToolChoice(request.tool_choice, box, warnings);
  const sealers = createSealers(reasoningKey, keyName);
  const converted = await convertItems(
    {
      instructions: [request.instructions ?? "", describeVerbosity(request.text)].filter((text) => text !== ""),
      input: request.input ?? [],
    },
    {
      tools: box.tools,
      openReasoning: async (sealed) => sealers?.reasoning.open(sealed),
      openCompaction: (packed) => unpackCompaction(packed, sealers?.compaction),
      warnings,
    },
  );
  if (converted.length === 0) throw noInput();
  const answer = wantedAnswer(model, request.max_output_tokens);
  const messages =
    request.truncation === "auto" ? truncateMessages({ messages: converted, tools, model, answer }) : converted;
  const cut = converted.length - messages.length;
  if (cut > 0) warnings.add(`Of ${converted.length} messages the oldest ${cut} were left out: the context is full.`);
  const format = convertFormat(request.text);
  const seal = chooseSeal(request, sealers?.reasoning, warnings);
  return {
    inputs: {
      messages,
      max_tokens: limitAnswer({ model, answer, messages, tools }),
      ...(tools.length > 0 && { tools, ...convertCalling(request, choice) }),
      ...(format !== undefined && { response_format: format }),
      ...convertEffort(request, warnings),
      ...convertSampling(request),
      ...(request.stream === true && { stream: true, stream_options: { include_usage: true } }),
    },
    translation: {
      response: echoRequest(document, { model, now }),
      tools: offered,
      toolCallForced: choice !== undefined && choice !== "auto" && choice !== "none",
      summarize: (request.reasoning?.summary ?? request.reasoning?.generate_summary ?? null) !== null,
      ...(seal !== undefined && { seal }),
    },
    warnings,
    sessionAffinity: request.prompt_cache_key ?? undefined,
  };
}

function noInput() {
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

function chooseSeal({ include }: CompatRequest, sealer: TextSealer | undefined, warnings: Warnings) {
  if (include?.includes("reasoning.encrypted_content") !== true) return undefined;
  if (sealer === undefined) warnings.add("There is no reasoning.encrypted_content: this Worker has no REASONING_KEY.");
  return sealer?.seal;
}

function convertCalling({ parallel_tool_calls: parallel }: CompatRequest, choice: ChatInputs["tool_choice"]) {
  return {
    ...(choice !== undefined && { tool_choice: choice }),
    ...(typeof parallel === "boolean" && { parallel_tool_calls: parallel }),
  };
}

function convertEffort({ reasoning }: CompatRequest, warnings: Warnings) {
  const effort = reasoning?.effort;
  if (effort === undefined || effort === null) return {};
  const mapped = mapEffort(effort);
  if (mapped !== effort) warnings.add(`The model has no reasoning effort ${effort}: it was asked for ${mapped}.`);
  return { reasoning_effort: mapped };
}

/** Least `top_p` of the chat branch's published schema. */
const leastTopP = 0.001;

function convertSampling(request: CompatRequest): Partial<ChatInputs> {
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
