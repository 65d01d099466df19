import * as z from "zod/mini";
import type { Call } from "../call.ts";
import { countConversion } from "../metering/count-conversion.ts";
import { tryParse } from "../protocol/json.ts";
import { invalidAnswer } from "../workers-ai/errors.ts";
import { runModel, startTrace } from "../workers-ai/run.ts";

const model = "@cf/openai/whisper-large-v3-turbo";

/** Billionths of a US dollar for a minute (developers.cloudflare.com/workers-ai/platform/pricing, 28 August 2026: $0.00051). */
const pricePerMinute = 510_000;

/** `Ai_Cf_Openai_Whisper_Large_V3_Turbo_Output` in @cloudflare/workers-types, in the REST envelope or without. */
const Transcription = z.object({
  text: z.string(),
  transcription_info: z.optional(z.object({ duration: z.optional(z.number()) })),
});
const Answer = z.union([Transcription, z.object({ result: Transcription })]);

/**
 * Writes down what is said in a recording, by Whisper: `audio` is its base64
 * (`Ai_Cf_Openai_Whisper_Large_V3_Turbo_Input`).
 * @throws {ApiError} when Workers AI fails
 */
export async function transcribeAudio(
  { config, bindings, record, signal }: Call,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<string> {
  countConversion(record, model);
  const answer = await runModel({
    ai: bindings.AI,
    model,
    fallbackModels: [],
    inputsFor: () => ({ audio: bytes.toBase64() }),
    signal,
    timeoutMs: config.upstreamTimeoutMs,
    retries: config.upstreamRetries,
    gatewayId: config.gatewayId,
    sessionAffinity: undefined,
    trace: startTrace(),
  });
  if (answer.kind !== "json") throw invalidAnswer("a transcription is not JSON");
  const parsed = z.safeParse(Answer, tryParse(new TextDecoder().decode(answer.bytes)));
  if (!parsed.success) throw invalidAnswer("a transcription has no text");
  const { text, transcription_info: info } = "result" in parsed.data ? parsed.data.result : parsed.data;
  record.conversions.cost += Math.round(((info?.duration ?? 0) / 60) * pricePerMinute);
  return text;
}
