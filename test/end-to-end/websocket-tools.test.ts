import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { say } from "../support/chat-rounds.ts";
import { mcpHost, mcpResult } from "../support/mcp-host.ts";
import { readEvents } from "../support/read-events.ts";
import { readLogLine } from "../support/read-log.ts";
import { pdf, toDataUrl } from "../support/sample-files.ts";
import type { Script } from "../support/scripted-upstream.ts";
import { connectSocket, type SocketClient } from "../support/socket-client.ts";
import { type Api, clientHeaders, startApi } from "../support/start-api.ts";
import { startTestWeb, type TestWeb } from "../support/start-web.ts";
import { stateObjects } from "../support/state-objects.ts";

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

let api: Api;
let web: TestWeb;

const found = {
  title: "The Rhine",
  url: "https://rivers.example/rhine",
  content: "The Rhine is 1,230 kilometres long.",
  publishedDate: "2026-01-01",
};
const lookup = { name: "lookup", description: "Looks up", inputSchema: { type: "object", properties: {} } };

beforeAll(async () => {
  web = await startTestWeb({
    "search.example": () => Response.json({ results: [found] }),
    "files.example": () => new Response("The word is fjord.", { headers: { "content-type": "text/plain" } }),
    "docs.example": mcpHost({
      "tools/list": (id) => Response.json(mcpResult(id, { tools: [lookup] })),
      "tools/call": (id) => Response.json(mcpResult(id, { content: [{ type: "text", text: "from docs" }] })),
    }),
  });
  const services = [{ binding: "WEB", service: "web" }];
  const vars = {
    WEB_SEARCH: "searxng:https://search.example",
    MCP_SERVERS: "docs=https://docs.example/mcp",
    IMAGE_MODEL: "@cf/black-forest-labs/flux-1-schnell",
    REASONING_KEY: "k".repeat(32),
  };
  api = await startApi(
    inject("bundlePath"),
    [
      { name: "api", vars, services, durableObjects: stateObjects },
      { name: "stateless", vars, services },
    ],
    [{ name: "web", address: web.address }],
  );
});
afterAll(async () => {
  await api?.stop();
  await web?.stop();
});
beforeEach(() => {
  api.upstream.clear();
  web.asked.length = 0;
});

function open({ worker, headers = {} }: { worker?: string; headers?: object } = {}): Promise<SocketClient> {
  return connectSocket(`${api.workerd.url(worker)}/openai/v1/responses`, { headers: { ...clientHeaders, ...headers } });
}

function send(client: SocketClient, create: object): Promise<Json[]> {
  client.send({ type: "response.create", ...create });
  return client.readTurn();
}

async function ask(client: SocketClient, create: object): Promise<Json> {
  const last: Json = (await send(client, create)).at(-1);
  expect(last).toMatchObject({ type: "response.completed" });
  return last.response;
}

function inputsOf(index: number): Json {
  return api.upstream.calls[index]?.inputs;
}

/** Events without what two answers never have in common. */
function comparable(events: Json[]): unknown {
  const [id = ""] = events.map(({ response }) => response?.id.slice("resp_".length));
  const text = JSON.stringify(events, (key, value) => (/^(created|completed)_at$/.test(key) ? 0 : value));
  return JSON.parse(text.replaceAll(id, "ID"));
}

const searching = say({ reasoning: "I search.", calls: [["web_search", { query: "length of the Rhine" }]] });
const answering = say({ text: "It is 1,230 km long: [The Rhine](https://rivers.example/rhine)." });
const done = say({ text: "Done." });

describe("a hosted tool over a WebSocket", () => {
  const create = { input: "How long is the Rhine?", tools: [{ type: "web_search" }] };

  test("has the events that it has over HTTP, and is counted", async () => {
    api.upstream.enqueue(searching, answering, searching, answering);
    const answered = await fetch(`${api.workerd.url()}/openai/v1/responses`, {
      method: "POST",
      headers: clientHeaders,
      body: JSON.stringify({ ...create, stream: true }),
    });
    const overHttp = readEvents(await answered.text());
    const client = await open({ headers: { "x-request-id": "searching" } });
    const overSocket = await send(client, create);
    expect(overSocket.map(({ type }) => type)).toContain("response.web_search_call.completed");
    expect(overSocket.map(({ type }) => type)).toContain("response.output_text.annotation.added");
    expect(comparable(overSocket)).toEqual(comparable(overHttp));
    expect(await readLogLine(api.workerd, "searching-1")).toMatchObject({
      transport: "websocket",
      status: 200,
      searches: 1,
      upstream_calls: 2,
    });
    client.close();
  });

  test("is continued from memory, where nothing is stored: the model is given the call and its result again", async () => {
    api.upstream.enqueue(searching, answering, done);
    const client = await open();
    const first = await ask(client, { ...create, store: false });
    web.asked.length = 0;
    await ask(client, { ...create, input: "Sure?", store: false, previous_response_id: first.id });
    const { messages } = inputsOf(2);
    expect(messages.map(({ role }: Json) => role)).toEqual(["user", "assistant", "tool", "assistant", "user"]);
    expect(messages[1].tool_calls[0].function).toMatchObject({
      name: "web_search",
      arguments: expect.stringContaining("length of the Rhine"),
    });
    expect(messages[2].content).toContain("What was found is not repeated here.");
    expect(web.asked).toEqual([]);
    client.close();
  });

  test("that is stored is continued over HTTP", async () => {
    api.upstream.enqueue(searching, answering, done);
    const client = await open();
    const { id } = await ask(client, create);
    client.close();
    const answered = await fetch(`${api.workerd.url()}/openai/v1/responses`, {
      method: "POST",
      headers: clientHeaders,
      body: JSON.stringify({ input: "Sure?", previous_response_id: id }),
    });
    expect(await answered.json()).toMatchObject({ status: "completed" });
    expect(inputsOf(2).messages.map(({ role }: Json) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
      "user",
    ]);
  });

  test.each([
    ["stored", "api", {}],
    ["signed, where nothing is stored", "stateless", { store: false }],
  ])("waits for an approval, which the next turn brings: %s", async (_, worker, fields) => {
    api.upstream.enqueue(say({ calls: [["docs__lookup", {}]] }), done);
    const tools = [{ type: "mcp", server_label: "docs", require_approval: "always" }];
    const client = await open({ worker });
    const asked = await ask(client, { ...fields, input: "Go.", tools });
    const request = asked.output.find(({ type }: Json) => type === "mcp_approval_request");
    const approval = { type: "mcp_approval_response", approval_request_id: request.id, approve: true };
    const { output } = await ask(client, { ...fields, input: [approval], tools, previous_response_id: asked.id });
    expect(output.map(({ type, output: text }: Json) => [type, text])).toEqual([
      ["mcp_call", "from docs"],
      ["message", undefined],
    ]);
    client.close();
  });

  test("makes an image, which is one frame and is not given to the model again", async () => {
    const image = Buffer.alloc(600_000, 1).toString("base64");
    const draw: Script = { body: JSON.stringify({ result: { image }, success: true }) };
    api.upstream.enqueue(say({ calls: [["image_generation", { prompt: "a river" }]] }), draw, done, done);
    const client = await open();
    const drawn = { store: false, tools: [{ type: "image_generation" }] };
    const first = await ask(client, { ...drawn, input: "Draw a river" });
    expect(first.output[0]).toMatchObject({ type: "image_generation_call", status: "completed", result: image });
    await ask(client, { ...drawn, input: "Thanks", previous_response_id: first.id });
    expect(JSON.stringify(inputsOf(3))).not.toContain(image.slice(0, 100));
    client.close();
  });

  test("asks the web 30 times in the life of one connection: the turn ends, and then the connection", async () => {
    const client = await open();
    const searches = Array.from({ length: 6 }, (_, index): [string, object] => ["web_search", { query: `${index}` }]);
    for (let turn = 1; turn <= 5; turn += 1) {
      api.upstream.enqueue(say({ calls: searches }), done);
      await ask(client, { ...create, store: false });
    }
    expect(await client.next()).toMatchObject({ error: { code: "websocket_connection_limit_reached" } });
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(web.asked).toHaveLength(30);
  });
});

/** Converts a file, or answers in chat. */
const convert: Script = (call) => {
  const { files } = call;
  if (files === undefined) return say({ text: "Read." })(call);
  const result = files.map(({ name, mimeType }) => ({
    id: "1",
    name,
    mimeType,
    format: "markdown",
    tokens: 9,
    data: "The word is fjord.",
  }));
  return { body: JSON.stringify({ success: true, result }) };
};

describe("a file over a WebSocket", () => {
  const part = {
    type: "input_file",
    filename: "word.pdf",
    file_data: toDataUrl({ mediaType: "application/pdf", bytes: pdf("fjord") }),
  };
  const input = [{ role: "user", content: [{ type: "input_text", text: "Which word?" }, part] }];

  test.each([
    ["from memory", { store: false }, "stateless"],
    ["from storage, over another connection", {}, "api"],
  ])("is read for the model once, and continued %s", async (_, fields, worker) => {
    api.upstream.setScript(convert);
    const headers = { "x-request-id": `file-${worker}` };
    let client = await open({ worker, headers });
    const first = await ask(client, { ...fields, input });
    if (worker === "api") {
      client.close();
      client = await open({ worker });
    }
    await ask(client, { ...fields, input: "Sure?", previous_response_id: first.id });
    const conversions = api.upstream.calls.filter(({ files }) => files !== undefined);
    expect(conversions).toHaveLength(1);
    const prompts = api.upstream.calls
      .filter(({ files }) => files === undefined)
      .map(({ inputs }) => JSON.stringify(inputs));
    expect(prompts).toHaveLength(2);
    for (const prompt of prompts) expect(prompt).toContain("The word is fjord.");
    expect(await readLogLine(api.workerd, `file-${worker}-1`)).toMatchObject({ conversions: 1, upstream_calls: 1 });
    client.close();
  });

  test("that can't be read is refused in a frame that names it, and the connection stays open", async () => {
    api.upstream.setScript(convert);
    const client = await open();
    const broken = { type: "input_file", filename: "word.pdf", file_data: "data:application/pdf;base64,!" };
    const [refused] = await send(client, { input: [{ role: "user", content: [broken] }] });
    expect(refused).toMatchObject({
      type: "error",
      status: 400,
      error: { type: "invalid_request_error", code: "invalid_file_data", param: "input[0].content[0].file_data" },
    });
    expect(await ask(client, { input: "Hi" })).toMatchObject({ status: "completed" });
    client.close();
  });

  test("is fetched", async () => {
    api.upstream.setScript(convert);
    const client = await open();
    const fetched = { type: "input_file", file_url: "https://files.example/word.txt" };
    await ask(client, { store: false, input: [{ role: "user", content: [fetched] }] });
    expect(JSON.stringify(inputsOf(0))).toContain("The word is fjord.");
    client.close();
  });
});
