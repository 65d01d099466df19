import type { ModelRequest } from "./read-request.ts";
import type { FunctionTool } from "./read-tools.ts";

/** Words that say nothing about which tool is meant. */
const commonWords = new Set(
  "a an and any are as at be by can current do does for from get give has have i in into is it its list me my of on or please set show tell that the their this to tool use using what when which with you your function call fetch make".split(
    " ",
  ),
);

/**
 * Which tools the answer calls: none once a tool has answered the last user message, else those the request forces or the user asks for.
 * Asked for is a tool whose name stands in the text ("get_weather"), whose name's words all do ("the weather in Paris"), or, weaker, two words
 * of its description. Of the name of an MCP server's tool, `server__tool`, only the tool counts. Of the weaker kind, and when `parallel_tool_calls` is false, only the best is called.
 */
export function chooseTools(request: ModelRequest): FunctionTool[] {
  if (request.toolChoice === "none" || request.toolOutputs.length > 0) return [];
  const words = new Set(wordsOf(request.userText));
  const text = request.userText.toLowerCase();
  const ranked = request.tools
    .map((tool) => ({ tool, score: scoreTool(tool, text, words) }))
    .toSorted((left, right) => right.score - left.score);
  const best = ranked[0];
  if (best === undefined) return [];
  if (best.score === 0) return request.toolChoice === "required" ? [best.tool] : [];
  const named = ranked.filter(({ score }) => score >= 2);
  return named.length > 1 && request.parallelCalls ? named.map(({ tool }) => tool) : [best.tool];
}

function scoreTool(tool: FunctionTool, text: string, words: Set<string>): number {
  const name = tool.name.replace(/^.+?__/u, "");
  if (text.includes(name.toLowerCase())) return 3;
  const nameWords = wordsOf(name);
  if (nameWords.length > 0 && nameWords.every((word) => words.has(word))) return 2;
  const described = new Set(wordsOf(tool.description)).intersection(words);
  return described.size >= 2 ? 1 : 0;
}

/** The telling words of a text, lower case, without a plural s: "getUserNames" gives user, name. */
function wordsOf(text: string): string[] {
  const separated = text.replaceAll(/(\p{Ll})(\p{Lu})/gu, "$1 $2").toLowerCase();
  return (separated.match(/[\p{L}\p{N}]+/gu) ?? [])
    .map((word) => word.replace(/(?<=\p{L}{3})s$/u, ""))
    .filter((word) => !commonWords.has(word));
}
