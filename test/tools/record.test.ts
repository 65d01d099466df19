import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Recording } from "../../tools/doctor/record/cases.ts";
import { classifyStream, compareFields } from "../../tools/doctor/record/classify-stream.ts";
import { checkRecording } from "../support/check-recording.ts";
import { readUpstreamRecordings } from "../support/live-recordings.ts";
import { projectRoot } from "../support/project-paths.ts";
import { type Answer, startScriptedUpstream, type ScriptedUpstream } from "../support/scripted-upstream.ts";
import { type DevServer, startDev } from "../support/start-dev.ts";
import { startWorkerd, type Workerd } from "../support/start-workerd.ts";

const key = "key-of-alice-0123456789";
const account = { id: "0123456789abcdef0123456789abcdef", token: "token-of-the-account" };
const model = "@cf/openai/gpt-oss-20b";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "record-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs `npm run doctor -- <url> [key] --record`. */
function recordInto(name: string, url: string, env: Record<string, string> = {}) {
  const { CLOUDFLARE_ACCOUNT_ID: _id, CLOUDFLARE_API_TOKEN: _token, ...rest } = process.env;
  const out = join(folder, name);
  const args = [join(projectRoot, "tools/doctor/run.ts"), url, key, "--record", "--out", out, "--seconds", "30"];
  return new Promise<{ code: number; output: string; out: string }>((resolve) => {
    execFile(process.execPath, args, { env: { ...rest, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr, out });
    });
  });
}

async function readRecording(out: string, name: string): Promise<Recording> {
  return JSON.parse(await readFile(join(out, `${name}.json`), "utf8"));
}

const throughWorker = [
  "compat-json",
  "compat-long-stream",
  "compat-stream",
  "compat-structured",
  "compat-tool-stream",
  "native-error",
  "native-json",
  "native-stream",
  "native-structured",
  "native-tool-stream",
];

describe("a recording of the local model", () => {
  let dev: DevServer;
  beforeAll(async () => {
    dev = await startDev();
  }, 60_000);
  afterAll(() => dev?.stop());

  test("has every call, a report, and no account", async () => {
    const { code, output, out } = await recordInto("local", dev.url);
    expect(output).toContain(`  Recorded. The report: ${out}/report.md\n`);
    expect(code).toBe(0);
    expect((await readdir(out)).toSorted()).toEqual([...throughWorker.map((name) => `${name}.json`), "report.md"]);
    const stream = await readRecording(out, "compat-stream");
    expect(stream).toMatchObject({ status: 200, through: "worker", branch: "chat", path: "/openai/v1/responses" });
    expect(stream.chunks.length).toBeGreaterThan(5);
    const report = await readFile(join(out, "report.md"), "utf8");
    expect(report).toContain("Not seen: the Worker replays JSON as events, so only a call past it can tell.");
    expect(report).toMatch(/\| compat-long-stream \| \d+ ms \| \d+ \| [\d.]+ \|/);
    expect(report).toContain("- chat stream (chat-tool-call.sse): not recorded.");
    expect(report).toContain("CPU time of the Worker: not known.");
  }, 120_000);
});

describe("a recording past the Worker, of an upstream that is scripted", () => {
  let upstream: ScriptedUpstream;
  let workerd: Workerd;
  let api: Server;
  let apiUrl: string;
  let chatStream: string;
  const responsesJson = {
    id: "resp_1",
    object: "response",
    status: "completed",
    model,
    output: [
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello", annotations: [] }] },
      { type: "function_call", call_id: "call_1", name: "get_weather", arguments: '{"city":"Prague"}' },
    ],
    usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12 },
    account: account.id,
  };

  beforeAll(async () => {
    chatStream = await readFile(join(projectRoot, "test/fixtures/upstream/chat-tool-call.sse"), "utf8");
    upstream = await startScriptedUpstream(answerByBranch);
    workerd = await startWorkerd({
      workers: [{ name: "api", modulePath: inject("bundlePath"), vars: { API_KEYS: `alice:${key}` } }],
      upstreamAddress: upstream.address,
    });
    // Cloudflare's REST API, as far as a recording asks it.
    api = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece);
      const body = Object(JSON.parse(Buffer.concat(pieces).toString()));
      const isLogs = request.url?.endsWith("/workers/observability/telemetry/query") === true;
      const events = [2, 3, 9].map((cpuTimeMs, index) => ({ $workers: { cpuTimeMs, requestId: `r${index}` } }));
      const answer = isLogs
        ? { body: JSON.stringify({ success: true, result: { events: { events: [...events, events[0]] } } }) }
        : answerModel(body);
      const type = answer.headers?.["content-type"] ?? "application/json";
      response.writeHead(200, { "content-type": type }).end(answer.body);
    });
    await once(api.listen(0, "127.0.0.1"), "listening");
    apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    api?.close();
    await workerd?.stop();
    await upstream?.stop();
  });

  function answerByBranch({ inputs }: { inputs: unknown }): Answer {
    return answerModel(Object(inputs), false);
  }

  function answerModel(
    body: { messages?: unknown; stream?: unknown },
    hasEnvelope = true,
  ): { body: string; headers?: Record<string, string> } {
    const streams = body.messages !== undefined && body.stream === true;
    if (streams) return { body: chatStream, headers: { "content-type": "text/event-stream" } };
    const chat = {
      choices: [{ message: { content: "Hello" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 5, completion_tokens: 7 },
    };
    const result = body.messages === undefined ? responsesJson : chat;
    return { body: JSON.stringify(hasEnvelope ? { success: true, errors: [], messages: [], result } : result) };
  }

  test("tells how native streaming is answered and what differs, holds no secret, and is data for tests", async () => {
    const env = {
      CLOUDFLARE_ACCOUNT_ID: account.id,
      CLOUDFLARE_API_TOKEN: account.token,
      CLOUDFLARE_API_BASE_URL: apiUrl,
    };
    const { code, output, out } = await recordInto("scripted", workerd.url(), env);
    expect(output).toContain("Recorded.");
    expect(code).toBe(0);
    const report = await readFile(join(out, "report.md"), "utf8");
    expect(report).toContain("With **JSON** (status 200, application/json).");
    expect(report).toMatch(
      /- Responses JSON \(vllm-responses\.json\), in `bare-responses-json`: added `account`.*; missing /,
    );
    expect(report).toContain(
      "- chat stream (chat-tool-call.sse), in `bare-chat-tool-stream`: added none; missing none.",
    );
    expect(report).toContain("CPU time of the Worker: 3 ms at the median of 3 invocations, 9 ms at most.");
    for (const name of await readdir(out)) {
      const text = await readFile(join(out, name), "utf8");
      for (const secret of [key, account.id, account.token]) expect(text).not.toContain(secret);
    }
    expect((await readRecording(out, "bare-responses-json")).chunks[0]?.[1]).toContain('"account":"redacted"');

    const recordings = await readUpstreamRecordings(out);
    expect(recordings).toHaveLength(15);
    for (const recording of recordings) await checkRecording(recording, { url: workerd.url(), key, upstream });
  }, 120_000);
});

/** A bare answer with this body. */
function recorded(contentType: string, body: string, status = 200): Recording {
  const item = { name: "x", through: "bare", branch: "responses", path: "", body: {} } as const;
  return { ...item, status, contentType, chunks: [[1, body]] };
}

describe("a native stream", () => {
  test.each([
    ["Responses events", recorded("text/event-stream", 'event: x\ndata: {"type":"response.created"}\n\n')],
    ["chat chunks", recorded("text/event-stream", 'data: {"choices":[{"delta":{}}]}\n\n')],
    ["legacy chunks", recorded("text/event-stream; charset=utf-8", 'data: {"response":"Hi"}\n\ndata: [DONE]\n\n')],
    ["JSON", recorded("application/json", "{}")],
    ["an error", recorded("application/json", '{"errors":[]}', 422)],
    ["something else", recorded("text/html", "<p>")],
    ["something else", recorded("text/event-stream", "data: [DONE]\n\n")],
  ])("is told to be %s", (kind, recording) => {
    expect(classifyStream(recording)).toBe(kind);
  });

  test("differs by the paths of its fields, each event's own", () => {
    const now = [{ type: "response.created", response: { id: 1, extra: [{ a: 1 }] } }, { usage: 1 }];
    const before = [{ type: "response.created", response: { id: 1, model: "m" } }];
    expect(compareFields(now, before)).toEqual({
      added: ["response.created: response.extra[].a", "usage"],
      missing: ["response.created: response.model"],
    });
  });
});
