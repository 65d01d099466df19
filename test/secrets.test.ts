import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { app } from "../src/app.ts";

const secrets = {
  key: "tester-key-0123456789abcdef",
  otherKey: "another-key-0123456789abcdef",
  reasoningKey: "reasoning-key-0123456789abcdef-0123",
  prompt: "the prompt of 7f3a",
  inside: "sk-inside at /srv/worker.ts:1",
};

afterEach(() => vi.restoreAllMocks());

/** Every way in which a call of the model can fail, each with something in it that must stay there. */
const failures: fc.Arbitrary<() => Promise<Response>> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(200, 400, 401, 403, 404, 405, 408, 413, 429, 500, 502, 503, 504, 599),
      fc.constantFrom("application/json", "text/html", "text/plain", ""),
      fc.oneof(
        fc.integer({ min: 3000, max: 5999 }).map((code) => ({ internalCode: code, description: secrets.inside })),
        fc
          .integer({ min: 3000, max: 5999 })
          .map((code) => ({ errors: [{ code, message: secrets.inside }], success: false })),
        fc.constant({ error: secrets.inside }),
        fc.json().map((text) => `${secrets.inside}${text}`),
      ),
    )
    .map(([status, contentType, body]) => () => {
      // JSON with status 200 is an answer, and is passed on as it is.
      const isAnswer = status === 200 && contentType === "application/json";
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return Promise.resolve(
        new Response(isAnswer ? "" : text, {
          status,
          headers: { "content-type": contentType, server: secrets.inside },
        }),
      );
    }),
  fc
    .tuple(fc.constantFrom("Error", "TypeError", "InferenceUpstreamError"), fc.integer({ min: 3000, max: 5999 }))
    .map(([name, code]) => () => {
      const error = new Error(`${code}: ${secrets.inside}`);
      error.name = name;
      return Promise.reject(error);
    }),
);

/** Requests that get as far as the model, and such that don't. */
const requests = fc.record({
  mode: fc.constantFrom("native", "compat"),
  document: fc.oneof(
    { weight: 3, arbitrary: fc.record({ input: fc.constant(secrets.prompt), stream: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        input: fc.constant(secrets.prompt),
        instructions: fc.constant(secrets.prompt),
        reasoning: fc.constant({ effort: secrets.prompt }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ input: fc.constant({ [secrets.prompt]: secrets.prompt }) }) },
    { weight: 1, arbitrary: fc.record({ input: fc.constant(secrets.prompt), model: fc.constant(secrets.prompt) }) },
  ),
  key: fc.constantFrom(secrets.key, `${secrets.key}x`, secrets.key.slice(0, -1)),
});

describe("500 failures", () => {
  it("tell neither a key, nor a prompt, nor what upstream said, in an answer or in the log", async () => {
    const logged: string[] = [];
    for (const method of ["log", "error", "warn", "info", "debug"] as const) {
      vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void logged.push(parts.join(" ")));
    }
    let failed = 0;
    await fc.assert(
      fc.asyncProperty(requests, failures, async ({ mode, document, key }, run) => {
        const answer = await app.request(
          "/v1/responses",
          {
            method: "POST",
            headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
            body: JSON.stringify(document),
          },
          {
            AI: { run },
            MODE: mode,
            API_KEYS: `tester:${secrets.key},other:${secrets.otherKey}`,
            REASONING_KEY: secrets.reasoningKey,
          },
        );
        const text = `${await answer.text()} ${JSON.stringify([...answer.headers])}`;
        expect(answer.status).toBeGreaterThanOrEqual(400);
        failed += 1;
        for (const secret of [...Object.values(secrets), key]) expect(text).not.toContain(secret);
      }),
      { numRuns: 500 },
    );
    expect(failed).toBe(500);
    expect(logged.length).toBeGreaterThan(0);
    for (const secret of Object.values(secrets)) expect(logged.join("\n")).not.toContain(secret);
  });
});

describe("keys that pollute prototypes", () => {
  const polluting =
    '{"__proto__":{"polluted":1,"stream":true},"constructor":{"prototype":{"polluted":1}},"input":[{"role":"user","content":"x","__proto__":{"polluted":1}}],"metadata":{"__proto__":{"polluted":1}},"reasoning":{"__proto__":{"effort":"polluted"}}}';

  it.each(["native", "compat"])("reach nobody's prototype in %s mode", async (mode) => {
    let inputs: unknown;
    const answer = await app.request(
      "/v1/responses",
      {
        method: "POST",
        headers: { authorization: `Bearer ${secrets.key}`, "content-type": "application/json" },
        body: polluting,
      },
      {
        AI: {
          run(_model: string, given: unknown) {
            inputs = given;
            return Promise.resolve(
              Response.json({ id: "resp_1", choices: [{ message: { content: "x" }, finish_reason: "stop" }] }),
            );
          },
        },
        MODE: mode,
        LOG: "off",
        API_KEYS: `tester:${secrets.key}`,
      },
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(inputs).not.toHaveProperty("polluted");
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.getPrototypeOf(inputs)).toBe(Object.prototype);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});
