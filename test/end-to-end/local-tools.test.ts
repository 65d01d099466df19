import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevServer, startDev } from "../support/start-dev.ts";

let dev: DevServer;

beforeAll(async () => {
  dev = await startDev();
}, 60_000);
afterAll(() => dev.stop());

interface Item {
  id: string;
  type: string;
  [key: string]: unknown;
}

async function create(body: object): Promise<{ id: string; status: string; output: Item[] }> {
  const response = await fetch(`${dev.url}/openai/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-oss-20b", ...body }),
  });
  expect(response.status).toBe(200);
  return response.json() as never;
}

const typesOf = (output: readonly Item[]) => output.map(({ type }) => type);
const demo = { type: "mcp", server_label: "demo", server_url: "https://mcp.example/mcp" };

describe("npm run dev", () => {
  test("searches its own web and cites a page", async () => {
    const { output } = await create({
      input: "Search the web for how honeybees survive the winter.",
      tools: [{ type: "web_search" }],
      include: ["web_search_call.action.sources"],
    });
    expect(typesOf(output)).toEqual(["reasoning", "web_search_call", "reasoning", "message"]);
    expect(output[1]).toMatchObject({
      status: "completed",
      action: {
        type: "search",
        query: "how honeybees survive the winter.",
        sources: [
          { type: "url", url: "https://honeybees.example/winter" },
          { type: "url", url: "https://honeybees.example/waggle-dance" },
        ],
      },
    });
    const cited = {
      type: "url_citation",
      url: "https://honeybees.example/winter",
      title: "How a colony survives the winter",
    };
    expect(output[3]).toMatchObject({ content: [{ annotations: [cited, cited] }] });
  });

  test("opens a page", async () => {
    const { output } = await create({
      input: "Open the page https://rivers.example/rhine for me.",
      tools: [{ type: "web_search" }],
    });
    expect(output[1]).toMatchObject({
      type: "web_search_call",
      status: "completed",
      action: { type: "open_page", url: "https://rivers.example/rhine" },
    });
    expect(JSON.stringify(output[3])).toContain("after 1,230 kilometres");
  });

  test("calls its MCP server, with and without approval", async () => {
    const free = await create({ input: "Roll a dice.", tools: [{ ...demo, require_approval: "never" }] });
    expect(typesOf(free.output)).toEqual(["mcp_list_tools", "reasoning", "mcp_call", "reasoning", "message"]);
    expect(free.output[2]).toMatchObject({ name: "roll_dice", status: "completed", error: null });

    const asked = await create({ input: "Save a note: 'buy milk'.", tools: [demo] });
    expect(typesOf(asked.output)).toEqual(["mcp_list_tools", "reasoning", "mcp_approval_request"]);
    const { output } = await create({
      previous_response_id: asked.id,
      input: [{ type: "mcp_approval_response", approval_request_id: asked.output[2]?.id, approve: true }],
      tools: [demo],
    });
    expect(typesOf(output)).toEqual(["mcp_call", "reasoning", "message"]);
    expect(output[0]).toMatchObject({ name: "save_note", arguments: '{"text":"buy milk"}' });
    expect(output[0]?.["output"]).toContain("Saved: “buy milk”.");
  });

  test("draws an image", async () => {
    const { output } = await create({ input: "Draw an image of a bee.", tools: [{ type: "image_generation" }] });
    expect(typesOf(output)).toEqual(["reasoning", "image_generation_call", "reasoning", "message"]);
    expect(output[1]).toMatchObject({ status: "completed", output_format: "png" });
    expect(String(output[1]?.["result"])).toMatch(/^iVBORw0KGgo/);
  });

  test("runs tools in the background too", async () => {
    const queued = await create({
      input: "Search the web for the length of the Rhine.",
      tools: [{ type: "web_search" }],
      background: true,
    });
    expect(queued.status).toBe("queued");
    const read = async () => (await fetch(`${dev.url}/openai/v1/responses/${queued.id}`)).json() as Promise<never>;
    await expect.poll(read, { timeout: 10_000 }).toMatchObject({
      status: "completed",
      output: [{}, { type: "web_search_call", status: "completed" }, {}, { type: "message" }],
    });
  });
});
