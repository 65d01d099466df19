import { describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";

const keys = "alice:key-one-0123456789,bob:key:with:colons-0123456789,alice:key-one-next-0123456789";
const protectedCalls = [
  ["POST", "/v1/responses"],
  ["GET", "/v1/responses"],
  ["POST", "/ai/v1/responses"],
  ["POST", "/client/v4/accounts/0123456789abcdef/ai/v1/responses"],
  ["GET", "/v1/models"],
  ["GET", "/v1/models/gpt-oss-20b"],
  ["GET", "/v1/nowhere"],
] as const;

const badCredentials = [
  "Bearer",
  "Bearer ",
  "Bearer key-one-012345678",
  "Bearer key-one-01234567890",
  "Bearer KEY-ONE-0123456789",
  "Bearer key-one-0123456789,key-one-0123456789",
  "Bearer key-one-0123456789 extra",
  "Bearer alice:key-one-0123456789",
  "Bearer alice",
  "Bearer undefined",
  "Bearer null",
  "Bearer *",
  "Bearer %6bey-one-0123456789",
  "Basic a2V5LW9uZS0wMTIzNDU2Nzg5",
  "Basic YWxpY2U6a2V5LW9uZS0wMTIzNDU2Nzg5",
  "key-one-0123456789",
  "Bearerkey-one-0123456789",
  'Bearer "key-one-0123456789"',
  `Bearer ${"x".repeat(8_000)}`,
];

let calls = 0;
const ai = {
  run() {
    calls++;
    return Promise.resolve(Response.json({ id: "resp_1", output: [] }));
  },
};

function send(method: string, path: string, authorization?: string, settings: object = { API_KEYS: keys }) {
  return app.request(
    path,
    {
      method,
      headers: {
        "content-type": "application/json",
        ...(authorization !== undefined && { authorization }),
      },
      ...(method === "POST" && { body: '{"input":"x"}' }),
    },
    { AI: ai, ...settings },
  );
}

describe("authenticate", () => {
  describe.each(protectedCalls)("%s %s", (method, path) => {
    it.each(badCredentials)("refuses %s", async (authorization) => {
      const before = calls;
      const answer = await send(method, path, authorization);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="responses-api", error="invalid_token"');
      expect(await answer.json()).toEqual({
        error: {
          message: "The API key is not valid. Send a key of this Worker as `Authorization: Bearer <key>`.",
          type: "authentication_error",
          param: "",
          code: "invalid_api_key",
        },
      });
      expect(calls).toBe(before);
    });

    it("asks for a key when there is none", async () => {
      const answer = await send(method, path);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="responses-api"');
      expect(await answer.json()).toEqual({
        error: {
          message: "No API key given. Send it as `Authorization: Bearer <key>`.",
          type: "authentication_error",
          param: "",
          code: "missing_api_key",
        },
      });
    });

    it.each([undefined, "", " , "])("lets nobody in and says how to set keys when API_KEYS is %j", async (API_KEYS) => {
      for (const authorization of [undefined, "Bearer ", "Bearer undefined", "Bearer key-one-0123456789"]) {
        const answer = await send(method, path, authorization, { API_KEYS });
        expect(answer.status).toBe(401);
        expect(await answer.json()).toMatchObject({
          error: {
            code: "api_keys_not_set",
            message: expect.stringContaining("npx wrangler secret put API_KEYS"),
          },
        });
      }
    });
  });

  it.each([
    "Bearer key-one-0123456789",
    "bearer key-one-0123456789",
    "BEARER   key-one-0123456789",
    "Bearer key:with:colons-0123456789",
    "Bearer key-one-next-0123456789",
  ])("lets %s in", async (authorization) => {
    const before = calls;
    expect((await send("POST", "/v1/responses", authorization)).status).toBe(200);
    expect(calls).toBe(before + 1);
  });

  it("opens the door with AUTH=none, whatever the credentials", async () => {
    expect((await send("POST", "/v1/responses", undefined, { AUTH: "none" })).status).toBe(200);
    expect((await send("POST", "/v1/responses", "Bearer wrong", { AUTH: "none" })).status).toBe(200);
  });
});

it("AUTH=none is one line in the log of each isolate", async () => {
  const lines: string[] = [];
  const warn = vi.spyOn(console, "warn").mockImplementation((line: string) => void lines.push(line));
  const settings = { AI: ai, AUTH: "none" };
  for (let count = 0; count < 3; count++) await app.request("/v1/models", {}, settings);
  warn.mockRestore();
  expect(lines).toEqual([
    '{"event":"auth_none","message":"AUTH=none: whoever knows the address can call this Worker."}',
  ]);
});

describe("limitRate", () => {
  it("asks the binding by key name and answers 429 with Retry-After", async () => {
    const asked: string[] = [];
    const limiter = {
      limit({ key }: { key: string }) {
        asked.push(key);
        return Promise.resolve({ success: asked.length < 2 });
      },
    };
    const settings = { API_KEYS: keys, RATE_LIMITER: limiter };
    expect((await send("POST", "/v1/responses", "Bearer key-one-0123456789", settings)).status).toBe(200);
    const before = calls;
    const refused = await send("POST", "/v1/responses", "Bearer key:with:colons-0123456789", settings);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect(await refused.json()).toEqual({
      error: {
        message: "This key has sent too many requests. Try again in 60 seconds.",
        type: "rate_limit_error",
        param: "",
        code: "rate_limit_exceeded",
      },
    });
    expect(asked).toEqual(["alice", "bob"]);
    expect(calls).toBe(before);
  });

  it("counts nothing for a caller that may not enter", async () => {
    const limiter = {
      limit() {
        throw new Error("counted");
      },
    };
    expect((await send("GET", "/v1/models", "Bearer wrong", { API_KEYS: keys, RATE_LIMITER: limiter })).status).toBe(
      401,
    );
  });
});
