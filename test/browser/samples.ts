import { readFileSync } from "node:fs";
import { message, reasoning, type Item } from "./write-events.ts";

/** Output of the hosted tools, as the Worker sends it. */

const sources = [
  ["https://developers.cloudflare.com/durable-objects/platform/pricing/", "Durable Objects pricing"],
  ["https://developers.cloudflare.com/workers/platform/pricing/", "Workers pricing"],
  ["https://blog.cloudflare.com/sqlite-in-durable-objects/", "Zero-latency SQLite storage in every Durable Object"],
] as const;

const searchText = `SQLite-backed Durable Objects are on **both plans**, and storage is what grows with use:

| | Workers Free | Workers Paid |
| --- | --- | --- |
| Requests | 100,000 a day | 1 million a month, then $0.15 a million |
| Rows written | 100,000 a day | 50 million a month, then $1.00 a million |
| Stored data | 5 GB | 5 GB-month, then $0.20 a GB-month |

A write costs a row for each index it touches ([pricing](${sources[0][0]})), and alarms count as requests ([Workers pricing](${sources[1][0]})). Reads stay local to the object, which is why they are so fast ([blog](${sources[2][0]})).`;

export const searchOutput: readonly Item[] = [
  reasoning(
    "rs_1",
    "The user asks what Durable Objects cost. Prices change, so search for the current page and compare the two plans in a table.",
  ),
  {
    id: "ws_1",
    type: "web_search_call",
    status: "completed",
    action: {
      type: "search",
      query: "Cloudflare Durable Objects SQLite pricing 2026",
      sources: sources.map(([url]) => ({ type: "url", url })),
    },
  },
  { id: "ws_2", type: "web_search_call", status: "completed", action: { type: "open_page", url: sources[0][0] } },
  message(
    "msg_1",
    searchText,
    sources.map(([url, title]) => ({
      type: "url_citation",
      url,
      title,
      start_index: searchText.indexOf(url),
      end_index: searchText.indexOf(url) + url.length,
    })),
  ),
];

export const approvalOutput: readonly Item[] = [
  reasoning(
    "rs_1",
    "The user wants an issue opened. The tracker has a tool for that, which needs a person's approval.",
  ),
  {
    id: "mcpl_1",
    type: "mcp_list_tools",
    server_label: "tracker",
    tools: [
      { name: "search_issues", description: "Find issues by text", input_schema: {} },
      { name: "create_issue", description: "Open an issue", input_schema: {} },
    ],
  },
  {
    id: "mcp_1",
    type: "mcp_call",
    status: "completed",
    server_label: "tracker",
    name: "search_issues",
    arguments: '{"query":"retry storm","state":"open"}',
    output: '{"total":0,"issues":[]}',
  },
  {
    id: "mcpr_1",
    type: "mcp_approval_request",
    server_label: "tracker",
    name: "create_issue",
    arguments: JSON.stringify({
      title: "Clients retry in step after an outage",
      body: "Add full jitter to the backoff of the mobile client.",
      labels: ["reliability"],
    }),
  },
];

/** Dunes under a low sun, as PNG. */
const picture = readFileSync(new URL("dunes.png", import.meta.url)).toString("base64");

export const imageOutput: readonly Item[] = [
  reasoning("rs_1", "The user wants a picture. Describe it to the image tool in one sentence."),
  {
    id: "ig_1",
    type: "image_generation_call",
    status: "completed",
    revised_prompt: "Dunes under a low sun, flat colours",
    result: picture,
  },
  message("msg_1", "Here are the dunes, in flat colours and with a low sun. Shall I add a caravan?"),
];

/** What an operator's overview says. The figures follow a formula, so that each run draws the same. */
export function writeOverview(now: Date) {
  const models = ["@cf/openai/gpt-oss-120b", "@cf/openai/gpt-oss-20b", "@cf/google/gemma-4-26b-a4b-it"];
  const keys = ["key_web", "key_agents", "key_ci"];
  const days = Array.from({ length: 30 }, (_, index) => {
    const date = new Date(now.getTime() - (29 - index) * 86_400_000).toISOString().slice(0, 10);
    return keys.flatMap((key_id, key) =>
      models.map((model, place) => {
        const wave = 1 + Math.sin((index + key * 3 + place) / 2.6) * 0.45 + index / 40;
        const weekend = [0, 6].includes(new Date(date).getUTCDay()) ? 0.35 : 1;
        const requests = Math.round((260 / (key + 1) / (place + 1)) * wave * weekend);
        const input_tokens = requests * 900;
        const output_tokens = requests * 420;
        const cost_usd = (input_tokens * 0.35 + output_tokens * 0.75) / 1e6 / (place + 1);
        return {
          date,
          model,
          key_id,
          requests,
          failed_requests: Math.round(requests / 90),
          input_tokens,
          output_tokens,
          cost_usd,
        };
      }),
    );
  }).flat();
  return {
    object: "overview",
    keys: [
      row(
        "key_web",
        "web-app",
        "managed",
        { today_tokens: 412_000, month_tokens: 9_100_000, today_usd: 0.21, month_usd: 4.62 },
        { daily_tokens: 500_000, monthly_usd: 20 },
      ),
      row(
        "key_agents",
        "agents",
        "managed",
        { today_tokens: 180_500, month_tokens: 4_480_000, today_usd: 0.11, month_usd: 2.94 },
        { monthly_tokens: 5_000_000 },
      ),
      row(
        "key_ci",
        "ci",
        "configured",
        { today_tokens: 22_000, month_tokens: 610_000, today_usd: 0.01, month_usd: 0.38 },
        {},
      ),
    ],
    days,
    errors: [
      { code: "rate_limit_exceeded", count: 214 },
      { code: "out_of_capacity", count: 61 },
      { code: "invalid_api_key", count: 38 },
      { code: "context_length_exceeded", count: 9 },
    ],
    latency: { p50_ms: 312, p95_ms: 1240 },
  };
}

function row(id: string, name: string, source: string, used: object, budget: object) {
  return {
    id,
    name,
    created_at: 1_760_000_000,
    expires_at: id === "key_web" ? 1_798_761_599 : null,
    models: id === "key_agents" ? ["@cf/openai/gpt-oss-20b"] : null,
    requests_per_minute: source === "managed" ? 120 : null,
    budget: { daily_tokens: null, monthly_tokens: null, daily_usd: null, monthly_usd: null, ...budget },
    used,
    source,
  };
}
