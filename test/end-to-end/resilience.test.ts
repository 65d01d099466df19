import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { openConnection, renderRequest } from "../support/raw-client.ts";
import { type Script, startScriptedUpstream, type ScriptedUpstream } from "../support/scripted-upstream.ts";
import { startWorkerd, type Workerd } from "../support/start-workerd.ts";

const small = "@cf/openai/gpt-oss-20b";
const large = "@cf/openai/gpt-oss-120b";
const other = "@cf/other/model";
const body = '{"input":"hi","metadata":{"n":12345678901234567890}}';

const fine = '{ "object" : "response" }';
const stream = "data: 1\n\ndata: 2\n\n";
const busy: Script = { status: 429, body: '{"internalCode":3040,"description":"x"}' };
const broken: Script = { status: 500, body: "<html>" };
const unavailable: Script = { status: 503, body: "" };
const serverTimeout: Script = { status: 504, body: '{"internalCode":3043,"description":"x"}' };

let upstream: ScriptedUpstream;
let workerd: Workerd;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const modulePath = inject("bundlePath");
  const worker = (name: string, vars: Record<string, string>) => ({
    name,
    modulePath,
    vars: { AUTH: "none", ...vars },
  });
  workerd = await startWorkerd({
    workers: [
      worker("plain", {}),
      worker("retrying", { UPSTREAM_RETRIES: "2" }),
      worker("hurried", { UPSTREAM_RETRIES: "5", UPSTREAM_TIMEOUT_MS: "300" }),
      worker("patient", { UPSTREAM_RETRIES: "5" }),
      worker("falling", { FALLBACK_MODELS: `${large}, ${other}` }),
      worker("both", { FALLBACK_MODELS: large, UPSTREAM_RETRIES: "2", MODELS: `${small},${large}` }),
    ],
    upstreamAddress: upstream.address,
  });
});
beforeEach(() => {
  upstream.clear();
  upstream.setScript({ body: fine });
});
afterAll(async () => {
  await workerd?.stop();
  await upstream?.stop();
});

/** Sends one request and tells what came back, and which calls of which models it took. */
async function send(worker: string, document = body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${workerd.url(worker)}/v1/responses`, { method: "POST", headers, body: document });
  const text = await answer.text();
  const failure = answer.ok ? undefined : (JSON.parse(text) as { error: { code: string } }).error.code;
  return {
    status: answer.status,
    code: failure,
    text,
    fallback: answer.headers.get("x-fallback-model"),
    models: upstream.calls.map(({ model }) => model),
    busyOptions: upstream.calls.map(({ options }) => (options as { rejectIfBusy?: boolean }).rejectIfBusy),
  };
}

describe("by default", () => {
  test.each([
    [500, "upstream_error", broken],
    [429, "out_of_capacity", busy],
  ])("a %i of upstream is answered after one call, that may queue", async (status, code, script) => {
    upstream.enqueue(script);
    expect(await send("plain")).toMatchObject({
      status,
      code,
      fallback: null,
      models: [small],
      busyOptions: [undefined],
    });
    expect(upstream.calls[0]?.bodyText).toBe(
      '{"inputs":{"input":"hi","metadata":{"n":12345678901234567890}},"options":{"returnRawResponse":true}}',
    );
  });
});

describe("UPSTREAM_RETRIES", () => {
  test("repeats the same call until it succeeds", async () => {
    upstream.enqueue(broken, unavailable);
    expect(await send("retrying")).toMatchObject({ status: 200, text: fine, models: [small, small, small] });
    expect(new Set(upstream.calls.map(({ bodyText }) => bodyText)).size).toBe(1);
  });

  test("repeats a call whose connection broke, and one whose server timed out", async () => {
    upstream.enqueue("reset", serverTimeout);
    expect(await send("retrying")).toMatchObject({ status: 200, text: fine, models: [small, small, small] });
  });

  test("gives up after so many, with the last error", async () => {
    upstream.enqueue(broken, broken, unavailable, { body: "too late" });
    expect(await send("retrying")).toMatchObject({
      status: 503,
      code: "upstream_error",
      models: [small, small, small],
    });
  });

  test.each<[string, number, Script]>([
    ["upstream_schema_mismatch", 400, { status: 400, body: '{"internalCode":5006,"description":"x"}' }],
    ["out_of_capacity", 429, busy],
    ["daily_allocation_used", 429, { status: 429, body: '{"internalCode":3036,"description":"x"}' }],
    ["upstream_timeout", 408, { status: 408, body: '{"internalCode":3007,"description":"x"}' }],
    ["upstream_unauthorized", 502, { status: 401, body: "" }],
    ["upstream_invalid_response", 502, { headers: { "content-type": "text/html" }, body: "<html>" }],
  ])("does not repeat %s", async (code, status, script) => {
    upstream.enqueue(script);
    expect(await send("retrying")).toMatchObject({ status, code, models: [small] });
  });

  test("does not repeat a call whose stream has begun", async () => {
    const headers = { "content-type": "text/event-stream" };
    upstream.enqueue({ headers, body: [stream], ending: "reset" });
    const answer = fetch(`${workerd.url("retrying")}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"input":"hi","stream":true}',
    }).then((response) => response.text());
    await expect(answer).rejects.toThrow("terminated");
    expect(upstream.calls).toHaveLength(1);
  });

  test("ends with the time all calls have together", async () => {
    upstream.setScript(broken);
    const { status, code, models } = await send("hurried");
    expect({ status, code }).toEqual({ status: 504, code: "upstream_timeout" });
    expect(models.length).toBeLessThan(4);
  });

  test("ends when the client has left", async () => {
    upstream.setScript(broken);
    const client = await openConnection(workerd.port("patient"));
    client.send(renderRequest({ body }));
    await upstream.nextCall();
    await upstream.nextCall();
    client.reset();
    await expect.poll(() => workerd.output()).toContain('"client_closed_request"');
    const made = upstream.calls.length;
    expect(made).toBeLessThan(6);
    await sleep(1_000);
    expect(upstream.calls).toHaveLength(made);
  });
});

describe("FALLBACK_MODELS", () => {
  test("are not called while the model has capacity, which must not queue", async () => {
    expect(await send("falling")).toMatchObject({
      status: 200,
      fallback: null,
      models: [small],
      busyOptions: [true],
    });
  });

  test("are tried in order, the last one may queue, and the answer names the one it is from", async () => {
    upstream.enqueue(busy, { status: 429, body: "busy" });
    expect(await send("falling")).toMatchObject({
      status: 200,
      text: fine,
      fallback: other,
      models: [small, large, other],
      busyOptions: [true, true, undefined],
    });
    expect(new Set(upstream.calls.map(({ inputsText }) => inputsText)).size).toBe(1);
  });

  test("serve streams too", async () => {
    upstream.enqueue(busy, { headers: { "content-type": "text/event-stream" }, body: [stream] });
    expect(await send("falling", '{"input":"hi","stream":true}')).toMatchObject({
      text: stream,
      fallback: large,
      models: [small, large],
    });
  });

  test("leave the last one's error when none has capacity", async () => {
    upstream.enqueue(busy, busy, busy);
    expect(await send("falling")).toMatchObject({
      status: 429,
      code: "out_of_capacity",
      fallback: null,
      models: [small, large, other],
    });
  });

  test.each<[string, Script]>([
    ["upstream_error", broken],
    ["upstream_schema_mismatch", { status: 400, body: '{"internalCode":5006,"description":"x"}' }],
    ["daily_allocation_used", { status: 429, body: '{"internalCode":3036,"description":"x"}' }],
  ])("are not tried on %s", async (code, script) => {
    upstream.enqueue(script);
    expect(await send("falling")).toMatchObject({ code, models: [small] });
  });

  test("leave out the model that was asked for", async () => {
    upstream.enqueue(busy);
    expect(await send("both", `{"input":"hi","model":"gpt-oss-120b"}`)).toMatchObject({
      status: 429,
      models: [large],
      busyOptions: [undefined],
    });
  });

  test("share the retries", async () => {
    upstream.enqueue(broken, busy, broken, unavailable);
    expect(await send("both")).toMatchObject({
      status: 503,
      code: "upstream_error",
      models: [small, small, large, large],
    });
  });
});
