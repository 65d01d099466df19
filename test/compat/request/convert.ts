import { env } from "cloudflare:workers";
import { withContext } from "../../../src/answer.ts";
import type { Bindings } from "../../../src/bindings.ts";
import { noLimits } from "../../../src/call.ts";
import { checkCompat } from "../../../src/check-request.ts";
import { convertRequest } from "../../../src/compat/request/convert-request.ts";
import { echoRequest } from "../../../src/compat/request/echo-request.ts";
import { type Config, readConfig } from "../../../src/config.ts";
import { readFiles } from "../../../src/files/read-files.ts";
import { startRecord } from "../../../src/metering/meter-request.ts";
import { createId } from "../../../src/protocol/ids.ts";
import type { JsonRecord } from "../../../src/protocol/json.ts";

/** The model that a document is converted for. */
export const model = "@cf/openai/gpt-oss-20b";

const onePixel = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
);

/** Workers AI's conversion of files, and a web of texts and images. */
const bindings: Bindings = {
  ...env,
  AI: {
    toMarkdown: ({ name }: { name: string }) => Promise.resolve({ format: "markdown", data: `What ${name} says.` }),
  },
  WEB: {
    fetch: (target) => {
      const { url } = new Request(target);
      return Promise.resolve(new Response(url.endsWith(".png") ? onePixel : "A text."));
    },
  },
};

/** Checks and converts a document as a create request is, for one model; `response` is what the request echoes. */
export async function convert(
  document: JsonRecord,
  {
    keyName = "alice",
    reasoningKey,
    reasoningStream = "off",
  }: { keyName?: string; reasoningKey?: string | undefined; reasoningStream?: Config["reasoningStream"] } = {},
) {
  const request = { mode: "compat" as const, document: checkCompat(document, { bindings }) };
  const call = {
    bindings,
    config: readConfig(bindings),
    keyName,
    limits: noLimits,
    requestId: "test",
    signal: new AbortController().signal,
    record: startRecord(),
  };
  const { given, warnings } = await readFiles(call, request, { earlier: [], own: request.document.input });
  const whole = withContext(request, given);
  const { inputsFor, ...converted } = await convertRequest(whole.document, {
    keyName,
    config: { reasoningKey, reasoningStream },
    warnings,
  });
  const response = echoRequest(request.document, { id: createId("resp"), model, now: 1_763_900_000_500 });
  return { inputs: inputsFor(model), response, ...converted };
}
