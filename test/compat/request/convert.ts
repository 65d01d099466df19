import { env } from "cloudflare:workers";
import { checkCompat } from "../../../src/check-request.ts";
import { convertRequest } from "../../../src/compat/request/convert-request.ts";
import { echoRequest } from "../../../src/compat/request/echo-request.ts";
import { createId } from "../../../src/protocol/ids.ts";
import type { JsonRecord } from "../../../src/protocol/json.ts";

/** The model that a document is converted for. */
export const model = "@cf/openai/gpt-oss-20b";

/** Checks and converts a document as a create request is, for one model; `response` is what the request echoes. */
export async function convert(
  document: JsonRecord,
  { keyName = "alice", reasoningKey }: { keyName?: string; reasoningKey?: string | undefined } = {},
) {
  const request = checkCompat(document, env);
  const { inputsFor, ...converted } = await convertRequest(request, { keyName, reasoningKey });
  const response = echoRequest(request, { id: createId("resp"), model, now: 1_763_900_000_500 });
  return { inputs: inputsFor(model), response, ...converted };
}
