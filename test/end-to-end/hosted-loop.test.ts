import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { say, type SpokenRound } from "../support/chat-rounds.ts";
import { readJudgedEvents } from "../support/read-judged-events.ts";
import { type Api, clientHeaders, startApi, testKey } from "../support/start-api.ts";
import { startTestWeb, type TestWeb } from "../support/start-web.ts";
import { stateObjects } from "../support/state-objects.ts";

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

let api: Api;
let web: TestWeb;
/** What the next calls of the MCP tool wait for. */
let gates: Promise<void>[] = [];

const image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB";

beforeAll(async () => {
  web = await startTestWeb({
    "search.example": () => Response.json({ results: [{ title: "A", url: "https://a.example/", content: "About A" }] }),
    "tools.example": async ({ body }) => {
      const { id, method, params } = JSON.parse(body);
      const reply = (result: object) =>
        Response.json({ jsonrpc: "2.0", id, result: { resultType: "complete", ...result } });
      if (method === "server/discover") return reply({ supportedVersions: ["2026-07-28"] });
      if (method === "tools/list") return reply({ tools: [{ name: "echo", inputSchema: { type: "object" } }] });
      await gates.shift();
      return reply({ content: [{ type: "text", text: `echo ${params.arguments.n}` }] });
    },
  });
  /** Servers of the older era, which take four requests to be listed. */
  const old = Array.from({ length: 16 }, (_, index) => `old${index}`);
  for (const label of old) {
    web.hosts.set(`${label}.example`, ({ body }) => {
      const { id, method } = JSON.parse(body || "{}");
      const results: Record<string, object> = {
        initialize: { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: {} },
        "tools/list": { tools: [] },
      };
      if (method === "notifications/initialized") return new Response(null, { status: 202 });
      const result = results[method];
      return result === undefined ? new Response(null, { status: 404 }) : Response.json({ jsonrpc: "2.0", id, result });
    });
  }
  const vars = {
    MODE: "compat",
    WEB_SEARCH: "searxng:https://search.example",
    MCP_SERVERS: ["tools", ...old].map((label) => `${label}=https://${label}.example/mcp`).join(","),
    MCP_TOKENS: "tools:operator-secret",
    IMAGE_MODEL: "@cf/black-forest-labs/flux-1-schnell",
    REASONING_KEY: "r".repeat(32),
  };
  const services = [{ binding: "WEB", service: "web" }];
  const usage = { binding: "USAGE", className: "UsageCounter" };
  api = await startApi(
    inject("bundlePath"),
    [
      {
        name: "api",
        vars,
        services,
        durableObjects: stateObjects,
        dataSets: [{ binding: "METRICS", service: "recorder" }],
      },
      { name: "poor", vars: { ...vars, DAILY_TOKEN_BUDGET: "40" }, services, durableObjects: [usage] },
    ],
    [
      { name: "web", address: web.address },
      {
        name: "recorder",
        modulePath: fileURLToPath(new URL("../support/metrics-recorder.js", import.meta.url)),
      },
    ],
  );
});
afterAll(async () => {
  await api?.stop();
  await web?.stop();
});
beforeEach(() => {
  api.upstream.clear();
  web.asked.length = 0;
  gates = [];
});

function create(document: object, worker?: string): Promise<Response> {
  return fetch(`${api.workerd.url(worker)}/v1/responses`, {
    method: "POST",
    headers: clientHeaders,
    body: JSON.stringify({ model: "gpt-oss-20b", input: "Go.", ...document }),
  });
}

async function createJson(document: object, worker?: string): Promise<Json> {
  return (await create(document, worker)).json();
}

function inputsOf(index: number): Json {
  return api.upstream.calls[index]?.inputs;
}

function offeredIn(index: number): string[] {
  return (inputsOf(index).tools ?? []).map((tool: Json) => tool.function.name);
}

function enqueue(...rounds: SpokenRound[]): void {
  api.upstream.enqueue(...rounds.map(say));
}

const search = { type: "web_search" };
const mcp = { type: "mcp", server_label: "tools", require_approval: "never" };
const weather = { type: "function", name: "get_weather", parameters: { type: "object", properties: {} } };
const searching: SpokenRound = { calls: [["web_search", { query: "a" }]] };
const done: SpokenRound = { text: "Done." };

describe("the rounds of a Response", () => {
  test("are ten at most, and the last one is offered no hosted tool", async () => {
    api.upstream.setScript(say(searching));
    api.upstream.enqueue(...Array.from({ length: 9 }, () => say(searching)), say(done));
    const { status, output } = await createJson({ tools: [search, weather] });
    expect(status).toBe("completed");
    expect(api.upstream.calls).toHaveLength(10);
    expect(output.map(({ type }: Json) => type)).toEqual([
      ...Array.from({ length: 9 }, () => "web_search_call"),
      "message",
    ]);
    expect(offeredIn(8)).toEqual(["get_weather", "web_search", "open_page"]);
    expect(offeredIn(9)).toEqual(["get_weather"]);
  });

  test("run what one round calls side by side, and keep the model's order", async () => {
    const first = Promise.withResolvers<void>();
    gates = [first.promise, Promise.resolve()];
    enqueue(
      {
        calls: [
          ["tools__echo", { n: 1 }],
          ["tools__echo", { n: 2 }],
        ],
      },
      done,
    );
    const answer = await create({ tools: [mcp], stream: true });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("response.mcp_call.completed")) text += (await reader?.read())?.value ?? "";
    first.resolve();
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) text += read.value;
    const events: Json[] = await readJudgedEvents(text);
    const ends = events.filter(({ type }) => type === "response.mcp_call.completed");
    expect(ends.map(({ output_index }) => output_index)).toEqual([2, 1]);
    const { output } = events.at(-1).response;
    expect(output.slice(1, 3).map((item: Json) => item.output)).toEqual(["echo 1", "echo 2"]);
    expect(
      inputsOf(1)
        .messages.slice(-2)
        .map((message: Json) => message.content.split("\n")[2]),
    ).toEqual(["echo 1", "echo 2"]);
  });

  test("end with the client's own call, after the hosted calls of its round", async () => {
    enqueue({
      text: "I look.",
      calls: [
        ["web_search", { query: "a" }],
        ["get_weather", {}],
      ],
    });
    const { status, output } = await createJson({ tools: [weather, search] });
    expect(status).toBe("completed");
    expect(output.map(({ type, status: ofItem }: Json) => [type, ofItem])).toEqual([
      ["message", "completed"],
      ["web_search_call", "completed"],
      ["function_call", "completed"],
    ]);
    expect(api.upstream.calls).toHaveLength(1);
    expect(web.asked).toHaveLength(1);
  });

  test("call as many hosted tools as max_tool_calls says", async () => {
    enqueue(
      {
        calls: [
          ["tools__echo", { n: 1 }],
          ["tools__echo", { n: 2 }],
          ["tools__echo", { n: 3 }],
        ],
      },
      done,
    );
    const { output, max_tool_calls: most } = await createJson({ tools: [mcp, weather], max_tool_calls: 2 });
    expect(most).toBe(2);
    expect(output.map(({ type }: Json) => type)).toEqual(["mcp_list_tools", "mcp_call", "mcp_call", "message"]);
    expect(inputsOf(1).messages.at(-1).content).toContain(
      "\nThe call was not made: no more tool calls are allowed for this answer. Answer with what you have.\n",
    );
    expect(offeredIn(1)).toEqual(["get_weather"]);
  });

  test("run nothing of an answer that was cut off", async () => {
    enqueue({ calls: [["web_search", '{"query":"a']], finish: "length" });
    const { status, incomplete_details: details, output } = await createJson({ tools: [search] });
    expect([status, details]).toEqual(["incomplete", { reason: "max_output_tokens" }]);
    expect(output).toMatchObject([{ type: "web_search_call", status: "incomplete" }]);
    expect(web.asked).toEqual([]);
  });

  test("share max_output_tokens", async () => {
    enqueue({ ...searching, usage: { prompt_tokens: 10, completion_tokens: 60 } }, done);
    await createJson({ tools: [search], max_output_tokens: 100 });
    expect([inputsOf(0).max_tokens, inputsOf(1).max_tokens]).toEqual([100, 40]);
    api.upstream.clear();
    enqueue({ ...searching, usage: { prompt_tokens: 10, completion_tokens: 100 } });
    const {
      status,
      incomplete_details: details,
      output,
      usage,
    } = await createJson({ tools: [search], max_output_tokens: 100 });
    expect([status, details]).toEqual(["incomplete", { reason: "max_output_tokens" }]);
    expect(output).toMatchObject([{ type: "web_search_call", status: "completed" }]);
    expect(usage).toMatchObject({ input_tokens: 10, output_tokens: 100, total_tokens: 110 });
  });

  test("end as incomplete when the context is full", async () => {
    const long = "word ".repeat(24_000);
    web.hosts.set("long.example", () => new Response(long, { headers: { "content-type": "text/plain" } }));
    enqueue({ calls: [["open_page", { url: "https://long.example/" }]] });
    const { status, output } = await createJson({ tools: [search], input: "word ".repeat(119_000) });
    expect(status).toBe("incomplete");
    expect(output).toMatchObject([{ type: "web_search_call", status: "completed" }]);
    expect(api.upstream.calls).toHaveLength(1);
  });

  test("end as incomplete when the key's budget is used up", async () => {
    enqueue({ ...searching, usage: { prompt_tokens: 39, completion_tokens: 5 } });
    const { status, output } = await createJson({ tools: [search] }, "poor");
    expect(status).toBe("incomplete");
    expect(output).toMatchObject([{ type: "web_search_call", status: "completed" }]);
    expect(api.upstream.calls).toHaveLength(1);
  });

  test("end as incomplete before a Worker on the free plan may make no more requests", async () => {
    const calls: SpokenRound["calls"] = Array.from({ length: 12 }, (_, n) => ["tools__echo", { n }]);
    api.upstream.setScript(say({ calls }));
    const { status, output } = await createJson({ tools: [mcp] });
    expect(status).toBe("incomplete");
    expect(api.upstream.calls.length + web.asked.length).toBeLessThanOrEqual(42);
    expect(output.some((item: Json) => item.type === "mcp_call" && item.status === "incomplete")).toBe(true);
  });

  test("count the files that were converted among the requests", async () => {
    const calls: SpokenRound["calls"] = Array.from({ length: 6 }, (_, n) => ["tools__echo", { n }]);
    api.upstream.setScript((call) => {
      const converted = call.files?.map((file) => ({ ...file, id: "1", format: "markdown", tokens: 1, data: "Text." }));
      if (converted !== undefined) return { body: JSON.stringify({ result: converted }) };
      const round = say({ calls });
      return typeof round === "function" ? round(call) : round;
    });
    const content = Array.from({ length: 16 }, (_, n) => ({
      type: "input_file",
      filename: `${n}.pdf`,
      file_data: Buffer.from(`%PDF-1.4 ${n}`).toString("base64"),
    }));
    const { status, output } = await createJson({ tools: [mcp], input: [{ role: "user", content }] });
    expect(status).toBe("incomplete");
    expect(api.upstream.calls.filter(({ files }) => files !== undefined)).toHaveLength(16);
    expect(api.upstream.calls.length + web.asked.length).toBeLessThanOrEqual(42);
    expect(output.filter((item: Json) => item.type === "mcp_call" && item.status === "completed")).not.toEqual([]);
  });

  test("go on without the MCP servers for which there are no requests left", async () => {
    enqueue(done);
    const tools = Array.from({ length: 16 }, (_, n) => ({ ...mcp, server_label: `old${n}` }));
    const { status, output } = await createJson({ tools });
    expect(status).toBe("completed");
    expect(web.asked.filter(({ method }) => method === "POST").length).toBeLessThanOrEqual(41);
    const errors = output.flatMap((item: Json) => (item.type === "mcp_list_tools" ? [item.error ?? "listed"] : []));
    expect(new Set(errors)).toEqual(new Set(["listed", "No more than 42 requests are made for one response."]));
    expect(output.at(-1)).toMatchObject({ type: "message" });
  });

  test("that upstream fails in end the Response as failed, with what there is", async () => {
    api.upstream.enqueue(say(searching), { status: 500, body: "{}" });
    const events: Json[] = await readJudgedEvents(await (await create({ tools: [search], stream: true })).text());
    expect(events.slice(-2)).toMatchObject([
      { type: "error", code: "upstream_error" },
      {
        type: "response.failed",
        response: {
          status: "failed",
          error: { code: "server_error" },
          output: [{ type: "web_search_call", status: "completed" }],
          usage: { total_tokens: 15 },
        },
      },
    ]);
    api.upstream.enqueue(say(searching), { status: 429, body: "{}" });
    expect((await create({ tools: [search] })).status).toBe(429);
  });

  test("that upstream refuses before the first have its status, where nothing is listed first", async () => {
    api.upstream.enqueue({ status: 429, body: "{}" });
    expect((await create({ tools: [search], stream: true })).status).toBe(429);
  });
});

describe("tool_choice", () => {
  test.each([
    ["auto", ["auto", "auto"]],
    ["none", ["none"]],
    ["required", ["required", "auto"]],
    [{ type: "web_search" }, [{ type: "function", function: { name: "web_search" } }, "auto"]],
    [{ type: "web_search_preview" }, [{ type: "function", function: { name: "web_search" } }, "auto"]],
    [{ type: "image_generation" }, [{ type: "function", function: { name: "image_generation" } }]],
  ])("%j holds for the first round, and is not made for ever", async (tool_choice, choices) => {
    const rounds = choices.length === 2 ? [searching, done] : [done];
    enqueue(...rounds);
    const { status } = await createJson({ tools: [search, { type: "image_generation" }, weather], tool_choice });
    expect(status).toBe("completed");
    expect(api.upstream.calls.map(({ inputs }: Json) => inputs.tool_choice)).toEqual(choices);
  });

  test("of a server means any of its tools, of its tool that one", async () => {
    enqueue({ calls: [["tools__echo", { n: 1 }]] }, done, { calls: [["tools__echo", { n: 1 }]] }, done);
    await createJson({ tools: [mcp, weather], tool_choice: { type: "mcp", server_label: "tools" } });
    await createJson({ tools: [mcp, weather], tool_choice: { type: "mcp", server_label: "tools", name: "echo" } });
    for (const index of [0, 2]) {
      expect(inputsOf(index).tool_choice).toEqual({ type: "function", function: { name: "tools__echo" } });
      expect(inputsOf(index + 1).tool_choice).toBe("auto");
    }
  });

  test("allows hosted tools and the client's own", async () => {
    enqueue(searching, done);
    const allowed = {
      type: "allowed_tools",
      mode: "required",
      tools: [{ type: "web_search" }, { type: "mcp", server_label: "tools" }],
    };
    await createJson({ tools: [search, mcp, weather], tool_choice: allowed });
    expect(offeredIn(0)).toEqual(["web_search", "open_page", "tools__echo"]);
    expect(offeredIn(1)).toEqual(["web_search", "open_page", "tools__echo"]);
    expect([inputsOf(0).tool_choice, inputsOf(1).tool_choice]).toEqual(["required", "auto"]);
  });

  test("of what is not there is refused", async () => {
    const refused = await createJson({ tools: [search], tool_choice: { type: "mcp", server_label: "tools" } });
    expect(refused.error).toMatchObject({ code: "unsupported_tool", param: "tool_choice" });
    const unknown = await createJson({ tools: [search], tool_choice: { type: "file_search" } });
    expect(unknown.error).toMatchObject({ code: "unsupported_tool", param: "tool_choice" });
    const late = await createJson({
      tools: [mcp],
      tool_choice: { type: "mcp", server_label: "tools", name: "nothing" },
    });
    expect(late.error).toEqual({
      type: "invalid_request_error",
      code: "invalid_value",
      param: "tool_choice",
      message: "The tool that `tool_choice` names is not in `tools`.",
    });
  });
});

describe("image generation", () => {
  const tools = [{ type: "image_generation", size: "1024x1024", quality: "auto" }];

  test("is an item with the image, which no prompt ever holds", async () => {
    api.upstream.enqueue(
      say({ calls: [["image_generation", { prompt: "A bee" }]] }),
      { body: JSON.stringify({ image }) },
      say(done),
      say(done),
    );
    const answer = await create({ tools, stream: true });
    expect(answer.headers.get("warning")).toBe('299 - "The field size of a tool has no effect here."');
    const events: Json[] = await readJudgedEvents(await answer.text());
    expect(events.slice(2, 7)).toMatchObject([
      { type: "response.output_item.added", item: { type: "image_generation_call", status: "in_progress" } },
      { type: "response.image_generation_call.in_progress", output_index: 0 },
      { type: "response.image_generation_call.generating", output_index: 0 },
      { type: "response.image_generation_call.completed", output_index: 0 },
      { type: "response.output_item.done" },
    ]);
    const { response } = events.at(-1);
    expect(response.output[0]).toEqual({
      id: `ig_${response.id.slice(5)}0000`,
      type: "image_generation_call",
      status: "completed",
      result: image,
      revised_prompt: "A bee",
      output_format: "png",
    });
    expect(api.upstream.calls[1]).toMatchObject({
      model: "@cf/black-forest-labs/flux-1-schnell",
      inputs: { prompt: "A bee" },
    });
    expect(inputsOf(2).messages.at(-1).content).toContain("\nThe image was made, and the user sees it.\n");
    await createJson({ tools, previous_response_id: response.id });
    expect(JSON.stringify([inputsOf(2), inputsOf(3)])).not.toContain(image);
  });

  test("fails without failing the Response", async () => {
    api.upstream.enqueue(
      say({
        calls: [
          ["image_generation", { prompt: "A bee" }],
          ["image_generation", {}],
        ],
      }),
      { status: 429, body: JSON.stringify({ internalCode: 3040, description: "Capacity" }) },
      say(done),
    );
    const { status, output } = await createJson({ tools });
    expect(status).toBe("completed");
    expect(output.slice(0, 2)).toMatchObject([
      { type: "image_generation_call", status: "failed", result: "" },
      { type: "image_generation_call", status: "failed", result: "" },
    ]);
    const told = inputsOf(2)
      .messages.slice(-2)
      .map((message: Json) => message.content.split("\n")[2]);
    expect(told).toEqual([
      "No image was made. Workers AI has no capacity left for now. Try again soon.",
      "No image was made: the prompt is empty.",
    ]);
  });
});

describe("secrets of MCP servers", () => {
  test("reach their server, and no store, echo, event, log, metric, model or other server", async () => {
    const secrets = ["caller-secret", "header-secret", "operator-secret", "r".repeat(32), testKey];
    const tools = [
      { ...mcp, authorization: "caller-secret", headers: { "x-tenant-key": "header-secret" } },
      { type: "image_generation" },
      search,
    ];
    api.upstream.enqueue(
      say({
        calls: [
          ["tools__echo", { n: 1 }],
          ["image_generation", { prompt: "A bee" }],
          ["web_search", { query: "a" }],
        ],
      }),
      { body: JSON.stringify({ image }) },
      say(done),
      { status: 500, body: "{}" },
    );
    const before = (await readMetrics()).length;
    const answer = await create({ tools, stream: true });
    const text = await answer.text();
    const { response }: Json = (await readJudgedEvents(text)).at(-1);
    expect(response.tools[0]).toEqual(mcp);
    const failed = await (await create({ tools })).text();
    const stored = await (
      await fetch(`${api.workerd.url()}/v1/responses/${response.id}`, { headers: clientHeaders })
    ).text();
    expect(JSON.parse(stored)).toEqual(response);
    const toServer = web.asked.filter(({ url }) => url.startsWith("https://tools.example/"));
    expect(toServer.map(({ headers }) => [headers.get("authorization"), headers.get("x-tenant-key")])).toEqual(
      toServer.map(() => ["Bearer caller-secret", "header-secret"]),
    );
    const elsewhere = web.asked.filter(({ url }) => !url.startsWith("https://tools.example/"));
    await expect.poll(async () => (await readMetrics()).length).toBeGreaterThanOrEqual(before + 2);
    const seen = JSON.stringify([
      text,
      [...answer.headers],
      failed,
      stored,
      api.workerd.output(),
      await readMetrics(),
      api.upstream.calls.map(({ bodyText, headers }) => [bodyText, headers]),
      elsewhere.map(({ url, body, headers }) => [url, body, [...headers]]),
    ]);
    for (const secret of secrets) expect(seen).not.toContain(secret);
    for (const bytes of await readStorage()) for (const secret of secrets) expect(bytes.includes(secret)).toBe(false);
  });
});

/** The data points of all requests so far. */
async function readMetrics(): Promise<unknown[]> {
  return (await fetch(api.workerd.url("recorder"))).json() as Promise<unknown[]>;
}

/** All that the Durable Objects have written to disk. */
async function readStorage(): Promise<Buffer[]> {
  const files = await readdir(api.storagePath, { recursive: true, withFileTypes: true });
  return Promise.all(
    files.filter((file) => file.isFile()).map(({ parentPath, name }) => readFile(`${parentPath}/${name}`)),
  );
}
