import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";

const keys = ["first-key-0123456789abcdef", "second-key-0123", "k".repeat(512)].map((key) => key.padEnd(16, "x"));
const settings = { API_KEYS: keys.map((key, index) => `caller${index}:${key}`).join(",") };

// What a stopwatch can't show on a busy machine: which comparisons are made, and of what.
describe("comparing keys", () => {
  const compared: [string, string][] = [];
  beforeEach(() => {
    compared.length = 0;
    const compare = crypto.subtle.timingSafeEqual.bind(crypto.subtle);
    vi.spyOn(crypto.subtle, "timingSafeEqual").mockImplementation((one, other) => {
      compared.push([toHex(one), toHex(other)]);
      return compare(one, other);
    });
  });
  afterEach(() => vi.restoreAllMocks());

  const first = keys[0] ?? "";
  it.each([
    ["shares nothing with any", "z".repeat(26), 401],
    ["shares half of the first", `${first.slice(0, 13)}zzzzzzzzzzzzz`, 401],
    ["lacks the last character of the first", first.slice(0, -1), 401],
    ["has one character more than the first", `${first}0`, 401],
    ["is one character", "f", 401],
    ["is longer than a key can be", "k".repeat(513), 401],
    ["is the first", first, 200],
    ["is the last", "k".repeat(512), 200],
  ])("is the same work, in constant time, for one that %s", async (_what, key, status) => {
    const answer = await app.request("/v1/models", { headers: { authorization: `Bearer ${key}` } }, settings);
    expect(answer.status).toBe(status);
    const digest = await digestKey(key);
    expect(compared).toEqual(await Promise.all(keys.map(async (known) => [digest, await digestKey(known)])));
  });
});

function toHex(bytes: ArrayBuffer | ArrayBufferView): string {
  return new Uint8Array(ArrayBuffer.isView(bytes) ? bytes.buffer : bytes).toHex();
}

async function digestKey(key: string): Promise<string> {
  return toHex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
}
