import assert from "node:assert/strict";
import type { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { startEverythingServer } from "../../support/start-mcp-server.ts";
import { startTestWeb } from "../../support/start-web.ts";
import { answerWith, usage } from "./model-turns.ts";
import { lastConversation } from "./read-calls.ts";

/** What a search finds. */
export const page = { url: "https://bees.example/winter", title: "Honeybees in winter", content: "They cluster." };

/** What the model searches for, and its answer, which names the page. */
export const query = "honeybees winter";
export const cited = `They form a cluster: [Honeybees in winter](${page.url}).`;

/** The MCP server as a request names it, and the tool of it that the model calls. */
export const server = { label: "everything", url: "https://everything.example/mcp" };
export const sum = { tool: "get-sum", arguments: { a: 2, b: 40 }, output: "The sum of 2 and 40 is 42." };
export const summed = "It is 42.";

/** Tokens of a Response with two rounds of the model. */
export const twoRounds = [2 * usage.input, 2 * usage.output];

/** Starts a search engine that knows one page, and `@modelcontextprotocol/server-everything`, and gives the settings for both. */
export async function startToolsWorld() {
  const everything = await startEverythingServer();
  const web = await startTestWeb({
    "search.example": () => Response.json({ results: [page] }),
    [new URL(server.url).host]: everything.url,
  });
  return {
    settings: { WEB_SEARCH: "searxng:https://search.example", MCP_SERVERS: `${server.label}=${server.url}` },
    webAddress: web.address,
    async stop() {
      await web.stop();
      await everything.stop();
    },
  };
}

/** Has the model search, and answer with what it found. */
export function search(upstream: ScriptedUpstream): void {
  upstream.enqueue(
    answerWith({ reasoning: "Search.", calls: [{ name: "web_search", arguments: { query } }] }),
    answerWith({ text: cited }),
  );
}

/** Has the model call the MCP server's tool, and answer with what that gave. */
export function callServer(upstream: ScriptedUpstream): void {
  const name = `${server.label}__${sum.tool}`;
  upstream.enqueue(
    answerWith({ reasoning: "Add.", calls: [{ name, arguments: sum.arguments }] }),
    answerWith({ text: summed }),
  );
}

/** The model was given what the page says, as data. */
export function assertSearched(upstream: ScriptedUpstream): void {
  const [call, result = ""] = lastConversation(upstream).slice(-2);
  assert.equal(call, `assistant calls #1: web_search ${JSON.stringify({ query })}`);
  assert.match(result, /^tool #1: Result of web_search\. [^]*\[1\] Honeybees in winter\n[^]*\nThey cluster\.\n/);
}

/** The model was given the result of its call, as data. */
export function assertCalled(upstream: ScriptedUpstream): void {
  const [call, result = ""] = lastConversation(upstream).slice(-2);
  assert.equal(call, `assistant calls #1: ${server.label}__${sum.tool} ${JSON.stringify(sum.arguments)}`);
  assert(result.includes(`\n${sum.output}\n`), result);
}
