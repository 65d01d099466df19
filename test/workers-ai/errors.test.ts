import { describe, expect, it } from "vitest";
import { mapError } from "../../src/workers-ai/errors.ts";

describe("a context that is too full", () => {
  const tooMany =
    "The estimated number of input and maximum output tokens (35000) exceeded this model context window limit (24000)";
  const vllm =
    "AiError: This model's maximum context length is 131072 tokens. However, you requested 16000 output tokens and your prompt contains at least 115073 input tokens";

  it.each([
    [413, JSON.stringify({ errors: [{ code: 3010, message: `AiError: ${tooMany}` }], success: false })],
    [413, JSON.stringify({ internalCode: 5021, name: "AiError", description: tooMany, message: "" })],
    [400, JSON.stringify({ errors: [{ code: 5006, message: vllm }], success: false })],
    [400, JSON.stringify({ object: "error", message: vllm, code: 400 })],
    [400, "Requested token count exceeds the model's maximum context length of 256000 tokens."],
    [502, `5021: ${tooMany}`],
    [502, `AiError: 5021: ${tooMany}`],
  ])("is a 400 that clients know (%i %s)", (status, body) => {
    expect(mapError({ status, body })).toMatchObject({
      status: 400,
      type: "invalid_request_error",
      code: "context_length_exceeded",
      message:
        "The input and the answer asked for do not fit in the model's context. Shorten the input, or ask for less in `max_output_tokens`.",
    });
  });

  it("is not read into a failing proxy's page", () => {
    expect(mapError({ status: 502, body: `<p>${tooMany}</p>` })).toMatchObject({ status: 502, code: "upstream_error" });
  });
});
