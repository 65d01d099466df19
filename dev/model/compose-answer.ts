import { suggestTexts } from "../schema-example/suggest-texts.ts";
import { writeExample } from "../schema-example/write-example.ts";
import { chooseTools } from "./choose-tools.ts";
import type { ModelRequest } from "./read-request.ts";
import type { ToolResult } from "./read-result.ts";
import { suggestArguments } from "./suggest-arguments.ts";
import { splitTokens } from "./tokens.ts";

/** One stretch of output, in the tokens it is streamed in. */
export type Part =
  | { kind: "reasoning"; tokens: string[] }
  | { kind: "message"; tokens: string[] }
  | { kind: "call"; name: string; tokens: string[] };

/** What the stand-in says, before it takes either branch's wire shape. */
export interface Answer {
  parts: Part[];
  /** True when the token limit cut it; then its last part is incomplete. */
  truncated: boolean;
  /** Tokens. Reasoning is counted inside output. */
  usage: { input: number; output: number; reasoning: number };
}

/** Longest quotation of somebody else's text, in characters. */
const quoteLength = 200;

/** Composes the answer to a request: the same request, the same answer. */
export function composeAnswer(request: ModelRequest): Answer {
  const calls = chooseTools(request);
  const hints = suggestTexts(request.userText);
  const whole: Part[] = [
    {
      kind: "reasoning",
      tokens: splitTokens(
        think(
          request,
          calls.map(({ name }) => name),
        ),
      ),
    },
    ...calls.map((tool): Part => ({
      kind: "call",
      name: tool.name,
      tokens: splitTokens(JSON.stringify(writeExample(tool.parameters, suggestArguments(tool, request.userText)))),
    })),
  ];
  if (calls.length === 0) whole.push({ kind: "message", tokens: splitTokens(say(request, hints)) });

  const parts = truncate(whole, request.maxOutputTokens);
  const output = countTokens(parts);
  return {
    parts,
    truncated: output < countTokens(whole),
    usage: {
      input: request.inputTokens,
      output,
      reasoning: countTokens(parts.filter(({ kind }) => kind === "reasoning")),
    },
  };
}

function say(request: ModelRequest, hints: string[]): string {
  const { attachments, format, model, toolOutputs, userText } = request;
  switch (format.type) {
    case "json_schema":
      return JSON.stringify(writeExample(format.schema, hints));
    case "json_object":
      return JSON.stringify({
        stand_in_for: model,
        you_said: quote(userText),
        tool_outputs: toolOutputs.map(({ text }) => quote(text)),
      });
    case "text":
      break;
    default:
      format satisfies never;
  }
  const introduction = `This is the local stand-in for ${model}; no model runs here.`;
  if (toolOutputs.length > 0)
    return `${introduction} The tool answered: ${toolOutputs.map(quoteResult).join(" and ")}.`;
  return (
    `${introduction} You said: “${quote(userText)}”. ` +
    attachments.map(({ title, text }) => `With it came: ${title}: “${quote(text)}”. `).join("") +
    `I count ${plural(request.messageCount, "message")} in this conversation and ${plural(request.tools.length, "tool")} I could call. ` +
    "Set LOCAL_UPSTREAM to talk to a real model."
  );
}

/** Reasoning grows with the effort, as a model's does: one sentence, three, six. */
function think(request: ModelRequest, calls: string[]): string {
  const plan =
    calls.length > 0
      ? `Call ${calls.join(" and ")} with arguments that fit the schema.`
      : "Answer with the stand-in's text.";
  const sentences = [
    `User says: "${quote(request.userText)}".`,
    request.toolOutputs.length > 0 ? "A tool has answered already, so quote it." : plan,
    "There is no model here, only a local stand-in.",
    "The effort asked for is high, so think a little longer.",
    "Check the tools, the format and the limit of tokens once more.",
    "Nothing is missing, so the answer can go out.",
  ];
  return sentences.slice(0, { low: 1, medium: 3, high: 6 }[request.effort]).join(" ");
}

/** Keeps the first `limit` tokens, and no part that lost all of its own. */
function truncate(parts: Part[], limit: number): Part[] {
  let left = limit;
  return parts.flatMap((part) => {
    const tokens = part.tokens.slice(0, left);
    left -= tokens.length;
    return tokens.length > 0 ? [{ ...part, tokens }] : [];
  });
}

function countTokens(parts: Part[]): number {
  return parts.reduce((total, { tokens }) => total + tokens.length, 0);
}

function quote(text: string): string {
  const characters = Array.from(text.slice(0, quoteLength * 2));
  return characters.length > quoteLength ? `${characters.slice(0, quoteLength).join("")}…` : characters.join("");
}

/** Names the first of the pages, as a model is to name what its answer rests on. */
function quoteResult({ text, pages: [page] }: ToolResult): string {
  const source = page === undefined ? "" : ` (see [${page.title}](${page.url}))`;
  return `“${quote(text)}”${source}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
