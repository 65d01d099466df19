import { describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { runModel, startTrace } from "../../src/workers-ai/run.ts";

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

describe("runModel", () => {
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

// Left on the signal, a listener kept each request of 100 KB in memory until the next full garbage collection.
describe("a call that is over", () => {
  it("listens no more for its client to leave", async () => {
    const json = { headers: { "content-type": "application/json" } };
    expect(await listenersAfter(() => new Response("{}", json))).toBe(0);
    expect(await listenersAfter(() => new Response("{}", { ...json, status: 400 }))).toBe(0);
  });

  it("listens as long as its stream goes on", async () => {
    const ended = Promise.withResolvers<void>();
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
      async pull(controller) {
        await ended.promise;
        controller.close();
      },
    });
    const { client, listeners } = countListeners();
    const type = { headers: { "content-type": "text/event-stream" } };
    const answer = await call(client.signal, () => new Response(readable, type));
    expect([answer.kind, listeners.size]).toEqual(["event-stream", 1]);
    ended.resolve();
    if (answer.kind === "event-stream") await new Response(answer.body).text();
    expect(listeners.size).toBe(0);
  });
});

/** A signal, and who listens to it. */
function countListeners() {
  const client = new AbortController();
  const listeners = new Set<unknown>();
  const { signal } = client;
  signal.addEventListener = (_type: string, listener: unknown) => void listeners.add(listener);
  signal.removeEventListener = (_type: string, listener: unknown) => void listeners.delete(listener);
  return { client, listeners };
}

async function listenersAfter(answer: () => Response): Promise<number> {
  const { client, listeners } = countListeners();
  await call(client.signal, answer).catch(() => {});
  return listeners.size;
}

function call(signal: AbortSignal, answer: () => Response) {
  return runModel({
    ai: { run: () => Promise.resolve(answer()) },
    model: "@cf/openai/gpt-oss-20b",
    fallbackModels: [],
    inputsFor: () => ({}),
    signal,
    timeoutMs: 60_000,
    retries: 0,
    gatewayId: undefined,
    sessionAffinity: undefined,
    trace: startTrace(),
  });
}

/** A `run` that throws before it gives a promise. */
function throwing(thrown: unknown) {
  return () => {
    throw thrown;
  };
}
