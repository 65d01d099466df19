import { describe, expect, it } from "vitest";
import { agreeOnProtocol, readAuthorization } from "../../src/http/socket-headers.ts";

const upgrade = { upgrade: "WebSocket" };

function agree(offered: string): Record<string, string> {
  return agreeOnProtocol(new Headers({ ...upgrade, "sec-websocket-protocol": offered }));
}

describe("the key of a request", () => {
  it.each([
    [{ authorization: "Bearer one" }, "Bearer one"],
    [{ ...upgrade, "sec-websocket-protocol": "openai-insecure-api-key.one" }, "Bearer one"],
    [{ ...upgrade, "sec-websocket-protocol": "responses ,  openai-insecure-api-key.a.b, x" }, "Bearer a.b"],
    [
      { ...upgrade, "sec-websocket-protocol": "openai-insecure-api-key.one", authorization: "Bearer two" },
      "Bearer two",
    ],
    [{ ...upgrade, "sec-websocket-protocol": "responses" }, undefined],
    [{ ...upgrade, "sec-websocket-protocol": "xopenai-insecure-api-key.one" }, undefined],
    [{ "sec-websocket-protocol": "openai-insecure-api-key.one" }, undefined],
    [upgrade, undefined],
  ])("with the headers %j is %s", (headers: Record<string, string>, key) => {
    expect(readAuthorization(new Headers(headers))).toBe(key);
  });

  it("is never the subprotocol that is agreed on", () => {
    expect(agree("openai-insecure-api-key.one, responses")).toEqual({ "sec-websocket-protocol": "responses" });
    expect(agree("openai-insecure-api-key.one")).toEqual({});
    expect(agree("realtime")).toEqual({});
  });
});
