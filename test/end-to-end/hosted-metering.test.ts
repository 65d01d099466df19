import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { say } from "../support/chat-rounds.ts";
import { readLogLine } from "../support/read-log.ts";
import { type Api, clientHeaders, startApi } from "../support/start-api.ts";
import { startTestWeb, type TestWeb } from "../support/start-web.ts";

let api: Api;
let web: TestWeb;

beforeAll(async () => {
  web = await startTestWeb({
    "search.example": () => Response.json({ results: [{ title: "A", url: "https://a.example/", content: "About A" }] }),
    "a.example": () => new Response("All of A", { headers: { "content-type": "text/plain" } }),
    "tools.example": ({ body }) => {
      const { id, method } = JSON.parse(body);
      const reply = (result: object) =>
        Response.json({ jsonrpc: "2.0", id, result: { resultType: "complete", ...result } });
      if (method === "server/discover") return reply({ supportedVersions: ["2026-07-28"] });
      if (method === "tools/list") return reply({ tools: [{ name: "echo", inputSchema: { type: "object" } }] });
      return reply({ content: [{ type: "text", text: "echo" }] });
    },
  });
  const vars = {
    MODE: "compat",
    LOG: "usage",
    WEB_SEARCH: "searxng:https://search.example",
    MCP_SERVERS: "tools=https://tools.example/mcp",
    IMAGE_MODEL: "@cf/black-forest-labs/flux-1-schnell",
  };
  const services = [{ binding: "WEB", service: "web" }];
  const usage = { binding: "USAGE", className: "UsageCounter" };
  const PRICES = "web_search=1.5,open_page=0.25,mcp=2,image_generation=10";
  api = await startApi(
    inject("bundlePath"),
    [
      { name: "listed", vars, services, durableObjects: [usage] },
      { name: "priced", vars: { ...vars, PRICES }, services, durableObjects: [usage] },
    ],
    [{ name: "web", address: web.address }],
  );
});
afterAll(async () => {
  await api?.stop();
  await web?.stop();
});

/** Has the model call every tool, some of them twice, in two rounds. */
async function useTools(worker: string, requestId: string): Promise<void> {
  api.upstream.enqueue(
    say({
      calls: [
        ["web_search", { query: "a" }],
        ["web_search", { query: "b" }],
        ["open_page", { url: "https://a.example/" }],
        ["tools__echo", {}],
      ],
    }),
    say({ calls: [["image_generation", { prompt: "A bee" }]] }),
    { body: '{"image":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"}' },
    say({ text: "Done." }),
  );
  const mcp = { type: "mcp", server_label: "tools", require_approval: "never" };
  const response = await fetch(`${api.workerd.url(worker)}/v1/responses`, {
    method: "POST",
    headers: { ...clientHeaders, "x-request-id": requestId },
    body: JSON.stringify({ input: "Go.", tools: [{ type: "web_search" }, { type: "image_generation" }, mcp] }),
  });
  const { status, output } = (await response.json()) as { status: string; output: { type: string; status: string }[] };
  expect(status).toBe("completed");
  expect(output.map(({ type }) => type)).toEqual([
    "mcp_list_tools",
    "web_search_call",
    "web_search_call",
    "web_search_call",
    "mcp_call",
    "image_generation_call",
    "message",
  ]);
}

async function readUsage(worker: string): Promise<unknown> {
  const response = await fetch(`${api.workerd.url(worker)}/v1/usage`, { headers: clientHeaders });
  const { total } = (await response.json()) as { total: unknown };
  return total;
}

const counted = { searches: 2, pages: 1, mcp_calls: 1, images: 1 };
/** Three rounds of 10 and 5 tokens, at $0.20 and $0.30 a million. */
const ofTokens = (30 * 0.2 + 15 * 0.3) / 1e6;

describe("what hosted tools did", () => {
  test("is counted by key and in the log, with the price the Worker knows", async () => {
    await useTools("listed", "listed-1");
    const cost_usd = expect.closeTo(ofTokens + 0.634 / 1_000, 12);
    expect(await readLogLine(api.workerd, "listed-1")).toMatchObject({
      ...counted,
      upstream_calls: 3,
      input_tokens: 30,
      output_tokens: 15,
      cost_usd,
    });
    expect(await readUsage("listed")).toMatchObject({ requests: 1, ...counted, total_tokens: 45, cost_usd });
  });

  test("has the prices of PRICES, and adds up", async () => {
    await useTools("priced", "priced-1");
    await useTools("priced", "priced-2");
    const once = ofTokens + (2 * 1.5 + 0.25 + 2 + 10) / 1_000;
    expect(await readLogLine(api.workerd, "priced-2")).toMatchObject({
      ...counted,
      cost_usd: expect.closeTo(once, 12),
    });
    await expect
      .poll(() => readUsage("priced"))
      .toMatchObject({
        requests: 2,
        searches: 4,
        pages: 2,
        mcp_calls: 2,
        images: 2,
        cost_usd: expect.closeTo(2 * once, 12),
      });
  });
});
