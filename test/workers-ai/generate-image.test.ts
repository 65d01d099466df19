import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/errors.ts";
import { generateImage } from "../../src/workers-ai/generate-image.ts";

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]);
const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1]);
const webp = new Uint8Array([0x52, 0x49, 0x46, 0x46, 0, 0, 0, 0, 0x57, 0x45, 0x42, 0x50]);

function generate(ai: unknown, signal = new AbortController().signal) {
  return generateImage({ ai, model: "@cf/image/model", prompt: "A bee", gatewayId: "main", signal });
}

async function failure(ai: unknown): Promise<unknown> {
  const error: unknown = await generate(ai).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof ApiError ? [error.status, error.code, error.message] : error;
}

function answering(answer: Response) {
  const calls: unknown[][] = [];
  const ai = {
    run: (...given: unknown[]) => {
      calls.push(given);
      return Promise.resolve(answer);
    },
  };
  return { ai, calls };
}

describe("generateImage", () => {
  it("asks the model through the gateway, and reads its JSON", async () => {
    const { ai, calls } = answering(Response.json({ image: jpeg.toBase64() }));
    expect(await generate(ai)).toEqual({ base64: jpeg.toBase64(), format: "jpeg" });
    expect(calls).toEqual([
      [
        "@cf/image/model",
        { prompt: "A bee" },
        { returnRawResponse: true, signal: expect.any(AbortSignal), gateway: { id: "main" } },
      ],
    ]);
  });

  it.each([
    ["png", png],
    ["webp", webp],
  ] as const)("knows %s by its first bytes, in JSON or as it is", async (format, bytes) => {
    const base64 = bytes.toBase64();
    const enveloped = answering(Response.json({ result: { image: base64 }, success: true }));
    expect(await generate(enveloped.ai)).toEqual({ base64, format });
    const plain = answering(new Response(bytes, { headers: { "content-type": "image/x" } }));
    expect(await generate(plain.ai)).toEqual({ base64, format });
  });

  it("reports upstream's errors as those of any model", async () => {
    const busy = Response.json({ internalCode: 3040, description: "Capacity temporarily exceeded" }, { status: 429 });
    expect(await failure(answering(busy).ai)).toEqual([
      429,
      "out_of_capacity",
      "Workers AI has no capacity left for now. Try again soon.",
    ]);
    const thrown = { run: () => Promise.reject(new Error("5007: No such model secret")) };
    expect(await failure(thrown)).toEqual([400, "upstream_no_such_model", "Workers AI has no such model or task."]);
  });

  it.each([
    ["it is neither JSON nor an image", new Response("<html>")],
    ["it has no image", Response.json({})],
    ["it has no image", Response.json({ image: "not base64!" })],
    ["it has no image", Response.json(null)],
    ["it is too large", new Response("x", { headers: { "content-length": "16777217", "content-type": "image/png" } })],
  ])("refuses an answer when %s", async (why, answer) => {
    expect(await failure(answering(answer).ai)).toEqual([
      502,
      "upstream_invalid_response",
      `Workers AI's answer to the request for an image can't be used: ${why}.`,
    ]);
  });

  it("says so when there is no binding, and ends when nobody waits", async () => {
    expect(await failure(undefined)).toEqual([
      500,
      "misconfigured",
      'The binding AI is missing. Add `[ai]` with `binding = "AI"` to wrangler.toml.',
    ]);
    const left = new AbortController();
    const reason = new Error("the client left");
    const hanging = {
      run: (_: string, __: object, { signal }: { signal: AbortSignal }) =>
        new Promise((___, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
    };
    const generating = generate(hanging, left.signal);
    left.abort(reason);
    await expect(generating).rejects.toBe(reason);
  });
});
