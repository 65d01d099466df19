import { isObject, objectsOf, type JsonObject } from "./json-object.ts";

export interface FunctionTool {
  name: string;
  description: string;
  /** A JSON Schema of the arguments. */
  parameters: unknown;
}

export type ToolChoice = "none" | "auto" | "required";

export type TextFormat = { type: "text" } | { type: "json_object" } | { type: "json_schema"; schema: unknown };

/** The function tools: flat in the Responses branch, under `function` in the chat branch. Other kinds of tool are left out. */
export function readTools(tools: unknown): FunctionTool[] {
  return objectsOf(tools).flatMap((tool) => {
    const definition = nested(tool, "function");
    const { name, description, parameters } = definition;
    if (tool["type"] !== "function" || typeof name !== "string") return [];
    return [{ name, description: typeof description === "string" ? description : "", parameters: parameters ?? {} }];
  });
}

/**
 * Narrows the tools to those `tool_choice` allows. Naming one function means that one, required.
 * Shapes: "auto" · {"type":"function","name":…} · {"type":"function","function":{"name":…}} · {"type":"allowed_tools","mode":…,"tools":[…]}
 */
export function readToolChoice(
  choice: unknown,
  tools: FunctionTool[],
): { tools: FunctionTool[]; toolChoice: ToolChoice } {
  if (!isObject(choice)) return { tools, toolChoice: readMode(choice) };
  if (choice["type"] === "allowed_tools") {
    const allowed = nested(choice, "allowed_tools");
    const names = new Set(objectsOf(allowed["tools"]).map((tool) => nested(tool, "function")["name"]));
    return { tools: tools.filter((tool) => names.has(tool.name)), toolChoice: readMode(allowed["mode"]) };
  }
  const { name } = nested(choice, "function");
  return { tools: tools.filter((tool) => tool.name === name), toolChoice: "required" };
}

/** Reads `text.format` (flat) or `response_format` (under `json_schema`). */
export function readFormat(format: unknown): TextFormat {
  if (!isObject(format)) return { type: "text" };
  if (format["type"] === "json_object") return { type: "json_object" };
  if (format["type"] !== "json_schema") return { type: "text" };
  return { type: "json_schema", schema: nested(format, "json_schema")["schema"] ?? {} };
}

function readMode(mode: unknown): ToolChoice {
  return mode === "none" || mode === "required" ? mode : "auto";
}

function nested(outer: JsonObject, key: string): JsonObject {
  const inner = outer[key];
  return isObject(inner) ? inner : outer;
}
