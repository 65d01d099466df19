import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { cutBytes } from "../support/cut-bytes.ts";
import { openConnection, renderRequest } from "../support/raw-client.ts";
import { readLog } from "../support/read-log.ts";
import {
  type Answer,
  startScriptedUpstream,
  type ScriptedUpstream,
  type UpstreamCall,
} from "../support/scripted-upstream.ts";
import { startWorkerd, type Workerd } from "../support/start-workerd.ts";

const keys = { alice: "key-of-alice-0123456789", bob: "key-of-bob-0123456789ab" };
type KeyName = keyof typeof keys;

const models = ["@cf/openai/gpt-oss-20b", "@cf/openai/gpt-oss-120b", "@cf/other/unpriced"] as const;
/** Billionths of a dollar per token, input and output. */
const prices: Record<string, [number, number]> = { [models[0]]: [200, 300], [models[1]]: [350, 750] };

/** What a request is to meet upstream, and whether its caller is counted for it. */
const kinds = [
  "json",
  "chat-names",
  "no-usage",
  "stream",
  "incomplete",
  "replayed",
  "json",
  "stream",
  "broken-stream",
  "broken-json",
  "error-400",
  "error-500",
  "busy",
  "client-leaves",
  "bad-request",
  "bad-key",
] as const;
type Kind = (typeof kinds)[number];

/** Tokens as different for each request as can be. */
function tokensOf(index: number) {
  return { input: 1 + index * 7, cached: index % 5, output: 3 + index * 3, reasoning: index % 3 };
}

function usageOf(index: number) {
  const { input, cached, output, reasoning } = tokensOf(index);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}

function events(body: Iterable<string | Uint8Array>, ending: Answer["ending"] = "end"): Answer {
  return { headers: { "content-type": "text/event-stream" }, body, ending };
}

function answerCall({ inputs }: UpstreamCall): Answer {
  const [kind, number] = (inputs as { input: string }).input.split(" ") as [Kind, string];
  const index = Number(number);
  const json = (body: object): Answer => ({
    headers: { "content-type": "application/json", "cf-ai-req-id": `up-${index}` },
    body: JSON.stringify(body),
  });
  const response = {
    id: `resp_${index}`,
    object: "response",
    status: "completed",
    output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "word ".repeat(50) }] }],
  };
  const opening = `event: response.created\ndata: ${JSON.stringify({ type: "response.created", response: { ...response, status: "in_progress", usage: null } })}\n\n`;
  const ending = (type: string): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, response: { ...response, usage: usageOf(index) } })}\n\ndata: [DONE]\n\n`;
  switch (kind) {
    case "json":
    case "replayed":
      return json({ ...response, usage: usageOf(index) });
    case "chat-names": {
      const { input, cached, output, reasoning } = tokensOf(index);
      const details = {
        prompt_tokens_details: { cached_tokens: cached },
        completion_tokens_details: { reasoning_tokens: reasoning },
      };
      return json({ ...response, usage: { prompt_tokens: input, completion_tokens: output, ...details } });
    }
    case "no-usage":
      return json(response);
    case "stream":
      return { ...events([]), body: cutBytes(opening + ending("response.completed"), { size: 40 + (index % 90) }) };
    case "incomplete":
      return events([opening, ending("response.incomplete")]);
    case "broken-stream":
      return events([opening], "reset");
    case "broken-json":
      return { headers: { "content-type": "application/json" }, body: ['{"usage":{"input_tokens":5'], ending: "reset" };
    case "client-leaves":
      return events([opening], "hang");
    case "error-400":
      return { status: 400, body: '{"internalCode":5006,"description":"x"}' };
    case "error-500":
      return { status: 500, body: "" };
    case "busy":
      return { status: 429, body: '{"internalCode":3040,"description":"x"}' };
    case "bad-request":
    case "bad-key":
      throw new Error("a refused request reached the model");
    default:
      return kind satisfies never;
  }
}

let upstream: ScriptedUpstream;
let workerd: Workerd;
let storage: string;

beforeAll(async () => {
  storage = await mkdtemp(join(tmpdir(), "usage-"));
  upstream = await startScriptedUpstream(answerCall);
  const vars = {
    API_KEYS: Object.entries(keys)
      .map(([name, key]) => `${name}:${key}`)
      .join(","),
    MODELS: models.join(","),
  };
  workerd = await startWorkerd({
    workers: [
      {
        name: "counted",
        modulePath: inject("bundlePath"),
        vars,
        durableObjects: [{ binding: "USAGE", className: "UsageCounter" }],
        dataSets: [{ binding: "METRICS", service: "recorder" }],
      },
      {
        name: "recorder",
        modulePath: fileURLToPath(new URL("../support/metrics-recorder.js", import.meta.url)),
      },
    ],
    upstreamAddress: upstream.address,
    storagePath: storage,
  });
});
afterAll(async () => {
  await workerd?.stop();
  await upstream?.stop();
  await rm(storage, { recursive: true, force: true });
});

interface Planned {
  index: number;
  kind: Kind;
  key: KeyName;
  model: string;
}

async function send({ index, kind, key, model }: Planned): Promise<void> {
  const stream = ["stream", "incomplete", "replayed", "broken-stream", "client-leaves"].includes(kind);
  const input = kind === "bad-request" ? undefined : `${kind} ${index}`;
  const body = JSON.stringify({ model, input, stream });
  const headers = {
    authorization: `Bearer ${kind === "bad-key" ? "wrong" : keys[key]}`,
    "content-type": "application/json",
    "x-request-id": `n-${index}`,
  };
  if (kind === "client-leaves") {
    const client = await openConnection(workerd.port("counted"));
    client.send(renderRequest({ headers, body }));
    await client.waitForText("response.created");
    client.reset();
    return;
  }
  const url = `${workerd.url("counted")}/v1/responses`;
  await fetch(url, { method: "POST", headers, body }).then(
    (answer) => answer.text().catch(() => {}),
    () => {},
  );
}

async function readUsage(key: KeyName): Promise<{ data: Record<string, unknown>[]; total: Record<string, number> }> {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const headers = { authorization: `Bearer ${keys[key]}` };
  const answer = await fetch(`${workerd.url("counted")}/v1/usage?to=${tomorrow}`, { headers });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Awaited<ReturnType<typeof readUsage>>;
}

/** Kinds whose answer begins and has no counts: they are estimated, and the log says what at. */
const estimatedKinds: ReadonlySet<Kind> = new Set(["no-usage", "broken-stream", "client-leaves"]);

/** Tokens of one request: as upstream reported them, or as the log says they were estimated. */
function countOf({ index, kind }: Planned) {
  if (!estimatedKinds.has(kind)) return tokensOf(index);
  const line = readLog(workerd).find(({ fields }) => fields["request_id"] === `n-${index}`)?.fields ?? {};
  expect(line["tokens_estimated"]).toBe(true);
  return { input: Number(line["input_tokens"]), cached: 0, output: Number(line["output_tokens"]), reasoning: 0 };
}

/** What the requests of one key took: nothing else is to be counted. */
function addUp(planned: readonly Planned[]) {
  const called = planned.filter(({ kind }) => kind !== "bad-request" && kind !== "bad-key");
  const whole = called.filter(({ kind }) =>
    ["json", "chat-names", "stream", "incomplete", "replayed", "no-usage"].includes(kind),
  );
  const reported = called.filter((one) => whole.includes(one) || estimatedKinds.has(one.kind));
  const counts = reported.map((one) => ({ ...countOf(one), model: one.model }));
  const sum = (value: (count: (typeof counts)[number]) => number) =>
    counts.reduce((total, one) => total + value(one), 0);
  const input = sum((count) => count.input);
  const output = sum((count) => count.output);
  return {
    requests: called.length,
    failed_requests: called.length - whole.length,
    unreported_requests: called.length - reported.length,
    input_tokens: input,
    cached_tokens: sum((count) => count.cached),
    output_tokens: output,
    reasoning_tokens: sum((count) => count.reasoning),
    total_tokens: input + output,
    cost_usd:
      sum((count) => {
        const [inputPrice, outputPrice] = prices[count.model] ?? [0, 0];
        return count.input * inputPrice + count.output * outputPrice;
      }) / 1e9,
    unpriced_requests: reported.filter(({ model }) => model === models[2]).length,
    searches: 0,
    pages: 0,
    mcp_calls: 0,
    images: 0,
  };
}

describe("a thousand mixed requests", () => {
  const count = 1_000;
  const plan: Planned[] = Array.from({ length: count }, (_, index) => ({
    index,
    kind: kinds[index % kinds.length] ?? "json",
    key: index % 7 < 4 ? "alice" : "bob",
    model: models[index % 3] ?? models[0],
  }));

  beforeAll(async () => {
    const queue = [...plan];
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await send(next);
    };
    await Promise.all(Array.from({ length: 16 }, work));
  }, 60_000);

  test.each(["alice", "bob"] as const)("add up to what upstream reported for %s", async (key) => {
    const expected = addUp(plan.filter((planned) => planned.key === key));
    await expect
      .poll(async () => (await readUsage(key)).total["requests"], { timeout: 10_000 })
      .toBe(expected.requests);
    const { data, total } = await readUsage(key);
    expect(total).toEqual(expected);
    for (const model of models) {
      const part = addUp(plan.filter((planned) => planned.key === key && planned.model === model));
      const rows = data.filter((row) => row["model"] === model);
      expect(rows.reduce((sum, row) => sum + Number(row["total_tokens"]), 0)).toBe(part.total_tokens);
    }
  });

  test("are a line each in the log, and a data point each in the metrics", async () => {
    const lines = readLog(workerd)
      .map(({ fields }) => fields)
      .filter((fields) => /^n-\d+$/.test(String(fields["request_id"])));
    expect(lines).toHaveLength(count);
    expect(new Set(lines.map((line) => line["request_id"])).size).toBe(count);
    const points = (await (await fetch(workerd.url("recorder"))).json()) as Record<string, unknown>[];
    const pointOf = new Map(points.map((point) => [point["blob8"], point]));
    for (const line of lines) {
      const { blob8: _id, timestamp: _time, ...point } = pointOf.get(line["request_id"]) ?? {};
      expect(point).toMatchObject({
        index1: line["key"] ?? "",
        blob1: line["key"] ?? "",
        blob2: "POST",
        blob3: "/v1/responses",
        blob4: "native",
        blob5: line["model"] ?? "",
        blob6: line["error_code"] ?? "",
        blob7: line["ending"] ?? "",
        blob9: line["upstream_id"] ?? "",
        blob10: line["not_stored"] ?? "",
        double1: line["status"],
        double2: line["ttfb_ms"],
        double3: line["duration_ms"],
        double4: line["upstream_ms"],
        double5: line["upstream_calls"],
        double6: line["input_tokens"] ?? 0,
        double7: line["cached_tokens"] ?? 0,
        double8: line["reasoning_tokens"] ?? 0,
        double9: line["output_tokens"] ?? 0,
        double10: line["cost_usd"] ?? 0,
        double11: line["tokens_estimated"] === true ? 1 : 0,
      });
    }
    const total = addUp(plan);
    for (const field of ["input_tokens", "cached_tokens", "reasoning_tokens", "output_tokens"] as const) {
      expect(lines.reduce((sum, line) => sum + Number(line[field]), 0)).toBe(total[field]);
    }
  });

  test("are told apart by how they ended", () => {
    const endings = new Map(readLog(workerd).map(({ fields }) => [fields["request_id"], fields]));
    for (const { index, kind } of plan) {
      const { status, error_code, ending, duration_ms, cost_usd } = endings.get(`n-${index}`) ?? {};
      const expected: Record<Kind, unknown[]> = {
        json: [200, null, "whole"],
        "chat-names": [200, null, "whole"],
        "no-usage": [200, null, "whole"],
        stream: [200, null, "whole"],
        incomplete: [200, null, "whole"],
        replayed: [200, null, "whole"],
        "broken-stream": [200, null, "broken"],
        "broken-json": [502, "upstream_stream_broken", null],
        "client-leaves": [200, null, "client_left"],
        "error-400": [400, "upstream_schema_mismatch", null],
        "error-500": [500, "upstream_error", null],
        busy: [429, "out_of_capacity", null],
        "bad-request": [400, "missing_required_parameter", null],
        "bad-key": [401, "invalid_api_key", null],
      };
      expect([kind, status, error_code, ending]).toEqual([kind, ...expected[kind]]);
      expect(duration_ms).toEqual(expect.any(Number));
      if (ending === null) expect(cost_usd).toBeNull();
    }
  });

  test("leave no word of theirs in the log", () => {
    for (const word of ["word word", 'input"', ...Object.values(keys)]) expect(workerd.output()).not.toContain(word);
  });
});
