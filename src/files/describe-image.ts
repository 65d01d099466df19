import type { Call } from "../call.ts";
import { readChat } from "../compat/answer/read-chat.ts";
import type { ChatInputs } from "../compat/chat-inputs.ts";
import { countConversion } from "../metering/count-conversion.ts";
import { computeCost } from "../metering/prices.ts";
import type { JsonRecord } from "../protocol/json.ts";
import { readTokens } from "../protocol/tokens.ts";
import { describeModel } from "../workers-ai/models.ts";
import { runModel, startTrace } from "../workers-ai/run.ts";
import { toMarkdown } from "../workers-ai/to-markdown.ts";

export interface ImageToDescribe {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const order = `Describe this image for somebody who can't see it and has to answer questions about it. Write down all text in \
it word for word, then what it shows: things, people, their places, colours, numbers, and what a chart or a table says. Answer \
with the description only.`;

/** Tokens that a description may take, what the model thinks included. */
const longestDescription = 2_048;

/** Images that `toMarkdown` takes, and their names' endings. */
const extensions: ReadonlyMap<string, string> = new Map([
  ["image/png", "png"],
  ["image/jpeg", "jpg"],
  ["image/webp", "webp"],
  ["image/svg+xml", "svg"],
]);

/**
 * Has an image described: by `VISION_MODEL` where that is set, else by `toMarkdown`, whose models Cloudflare chooses.
 * Undefined for an image that can't be described.
 * @throws {ApiError} when Workers AI fails
 */
export async function describeImage(call: Call, image: ImageToDescribe): Promise<string | undefined> {
  const { config, bindings, record, signal } = call;
  // Models take no vector graphics.
  if (config.visionModel !== undefined && image.type !== "image/svg+xml") {
    return askVisionModel(call, config.visionModel, image);
  }
  const extension = extensions.get(image.type);
  if (extension === undefined) return undefined;
  // What it costs is not published: it is counted, and has no price.
  countConversion(record, "toMarkdown");
  return toMarkdown(
    bindings.AI,
    { name: `image.${extension}`, contentType: image.type, bytes: image.bytes },
    { gatewayId: config.gatewayId, signal, timeoutMs: config.upstreamTimeoutMs },
  );
}

async function askVisionModel(
  { config, bindings, record, signal }: Call,
  model: string,
  { type, bytes }: ImageToDescribe,
): Promise<string> {
  const url = `data:${type};base64,${bytes.toBase64()}`;
  const inputs: ChatInputs = {
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: order },
          { type: "image_url", image_url: { url } },
        ],
      },
    ],
    max_tokens: longestDescription,
    ...(describeModel(model).efforts.includes("low") && { reasoning_effort: "low" }),
  };
  countConversion(record, model);
  const answer = await runModel({
    ai: bindings.AI,
    model,
    fallbackModels: [],
    inputsFor: () => inputs,
    signal,
    timeoutMs: config.upstreamTimeoutMs,
    retries: config.upstreamRetries,
    gatewayId: config.gatewayId,
    sessionAffinity: undefined,
    // The request's own trace is of the model that answers it.
    trace: startTrace(),
  });
  let description = "";
  let usage: JsonRecord | undefined;
  for await (const { chunks } of readChat(answer, { signal, silenceMs: config.upstreamTimeoutMs })) {
    for (const chunk of chunks) {
      description += chunk.text;
      usage = chunk.usage ?? usage;
    }
  }
  const tokens = readTokens(usage);
  if (tokens !== undefined) {
    record.conversions.cost += computeCost({ model, tokens, overrides: config.prices }) ?? 0;
  }
  return description;
}
