import { describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";

/** Asks a Worker whose `AI` binding is `ai`, and gives back the status with the envelope's fields. */
async function ask(ai: unknown) {
  const answer = await app.request(
    "/v1/responses",
    { method: "POST", headers: { "content-type": "application/json" }, body: '{"input":"x"}' },
    { AI: ai, AUTH: "none" },
  );
  const text = await answer.text();
  expect(text).not.toContain("sk-inside");
  const { error } = JSON.parse(text) as { error: object };
  return { status: answer.status, retryAfter: answer.headers.get("retry-after"), ...error };
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

describe("callModel", () => {
  // Without `returnRawResponse` the binding throws these; a change of the runtime must not turn them into a 500.
  it.each([
    [named("AiError", "3040: Capacity temporarily exceeded, sk-inside"), 429, "out_of_capacity", "5"],
    [named("InferenceUpstreamError", "AiError: 3007: Request timeout sk-inside"), 408, "upstream_timeout", null],
    [
      new Error("InferenceUpstreamError: 5006: Error: oneOf at '/' not met sk-inside"),
      400,
      "upstream_schema_mismatch",
      null,
    ],
    [new TypeError("sk-inside is not a function"), 502, "upstream_error", null],
    [new Error("Network connection lost. sk-inside"), 502, "upstream_error", null],
    [new Error(""), 502, "upstream_error", null],
    [new DOMException("sk-inside", "AbortError"), 502, "upstream_error", null],
    ["3040: sk-inside", 502, "upstream_error", null],
    [undefined, 502, "upstream_error", null],
    [null, 502, "upstream_error", null],
    [{ message: "sk-inside" }, 502, "upstream_error", null],
  ])("turns what run threw, %s, into the error a client sees", async (thrown, status, code, retryAfter) => {
    for (const run of [() => Promise.reject(thrown), throwing(thrown)]) {
      expect(await ask({ run })).toMatchObject({ status, code, param: "", retryAfter });
    }
  });

  it.each([undefined, null, "text", { output: [] }])(
    "refuses %j where `run` should return a Response",
    async (answer) => {
      expect(await ask({ run: () => Promise.resolve(answer) })).toMatchObject({ status: 502, code: "upstream_error" });
    },
  );

  it.each([undefined, null, "AI", {}, 7])("says which binding is missing when AI is %j", async (ai) => {
    expect(await ask(ai)).toEqual({
      status: 500,
      retryAfter: null,
      type: "server_error",
      code: "misconfigured",
      param: "AI",
      message: 'The binding AI is missing. Add `[ai]` with `binding = "AI"` to wrangler.toml.',
    });
  });
});

/** A `run` that throws before it gives a promise. */
function throwing(thrown: unknown) {
  return () => {
    throw thrown;
  };
}
