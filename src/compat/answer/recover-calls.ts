import { isRecord, type JsonRecord, parseRecord, tryParse } from "../../protocol/json.ts";
import type { OfferedTool } from "../translation.ts";
import { fitSchema } from "./fit-schema.ts";

/** A tool call found in text: `name` is the one that the model sees, `arguments` JSON text. */
export interface RecoveredCall {
  name: string;
  arguments: string;
}

/**
 * Finds the tool call in a text that should have been one. gpt-oss writes a forced call's arguments as plain JSON text
 * now and then, with an empty `tool_calls` (github.com/cloudflare/ai, issue 574); other models write the whole call.
 *
 *   {"city":"Paris"}      {"name":"get_weather","arguments":{"city":"Paris"}}      [{"name":…},{"name":…}]
 *
 * The whole text has to be that, or that in a Markdown fence, and fit one of the tools. Gives `undefined` otherwise:
 * then it is text.
 */
export function recoverCalls(text: string, tools: ReadonlyMap<string, OfferedTool>): RecoveredCall[] | undefined {
  const json = withoutFence(text.trim());
  const value = tryParse(json);
  if (value === undefined) return undefined;
  const found = Array.isArray(value)
    ? value.map((element) => findNamed(element, tools))
    : [findNamed(value, tools) ?? findBare(value, json, tools)];
  const calls = found.filter((call) => call !== undefined);
  return calls.length > 0 && calls.length === found.length ? calls : undefined;
}

const fence = "```";

/** The inside of a Markdown fence; a text without one as it is. */
function withoutFence(text: string): string {
  if (text.length < 2 * fence.length || !text.startsWith(fence) || !text.endsWith(fence)) return text;
  const inside = text.slice(fence.length, -fence.length);
  return (inside.startsWith("json") ? inside.slice("json".length) : inside).trim();
}

function findNamed(value: unknown, tools: ReadonlyMap<string, OfferedTool>): RecoveredCall | undefined {
  if (!isRecord(value)) return undefined;
  const call = isRecord(value["function"]) ? value["function"] : value;
  const { name } = call;
  const tool = typeof name === "string" ? tools.get(name) : undefined;
  if (typeof name !== "string" || tool === undefined) return undefined;
  const given = readArguments(call);
  return given !== undefined && fitSchema(given, schemaOf(tool))
    ? { name, arguments: JSON.stringify(given) }
    : undefined;
}

function readArguments(call: JsonRecord): JsonRecord | undefined {
  const given = call["arguments"] ?? call["parameters"];
  if (isRecord(given)) return given;
  return typeof given === "string" ? parseRecord(given) : undefined;
}

/** Arguments alone have to fit exactly one tool: two would leave it to chance. */
function findBare(value: unknown, json: string, tools: ReadonlyMap<string, OfferedTool>): RecoveredCall | undefined {
  if (!isRecord(value)) return undefined;
  const fitting = [...tools].filter(([, tool]) => fitSchema(value, schemaOf(tool)));
  const [only] = fitting;
  return only !== undefined && fitting.length === 1 ? { name: only[0], arguments: json } : undefined;
}

const customArguments = { type: "object", properties: { input: { type: "string" } }, required: ["input"] };

function schemaOf({ kind, parameters }: OfferedTool): unknown {
  return kind === "custom" ? customArguments : parameters;
}
