import { describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";

const key = "key-one-0123456789";
const mebibyte = 1_048_576;

/** Sends a body that does not say how long it is, and goes on once the Worker has read or refused its first bytes. */
async function startUpload(bytes: number) {
  const { readable, writable } = new IdentityTransformStream();
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const init = { method: "POST", headers, body: readable };
  const answer = Promise.resolve(app.request("/openai/v1/responses", init, { AI: {}, API_KEYS: `alice:${key}` }));
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(bytes).fill(0x20)).catch(() => {});
  return { answer, end: () => writer.close() };
}

async function errorOf(answer: Response) {
  const { error } = await answer.json<{ error: { type: string; code: string; param: string; message: string } }>();
  return { status: answer.status, retryAfter: answer.headers.get("retry-after"), ...error };
}

const empty = {
  status: 400,
  retryAfter: null,
  type: "invalid_request_error",
  code: "invalid_json",
  param: "",
  message: "The request body is empty. Send a JSON object with an `input`.",
};

describe("memory for request bodies", () => {
  it("counts a body of unknown length while it arrives, and is free again when the answer begins", async () => {
    const first = await startUpload(13 * mebibyte);
    const second = await startUpload(13 * mebibyte);
    expect(await errorOf(await second.answer)).toEqual({
      status: 503,
      retryAfter: "1",
      type: "server_error",
      code: "too_many_large_requests",
      param: "",
      message: "This Worker holds as many large requests as it has memory for. Try again in a second.",
    });
    const small = await startUpload(mebibyte);
    await small.end();
    expect(await errorOf(await small.answer)).toEqual(empty);
    await first.end();
    expect(await errorOf(await first.answer)).toEqual(empty);
    const third = await startUpload(13 * mebibyte);
    await third.end();
    expect(await errorOf(await third.answer)).toEqual(empty);
  });
});
