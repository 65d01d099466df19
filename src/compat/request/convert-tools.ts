import { invalidRequest } from "../../errors.ts";
import { renderPath } from "../../protocol/map-issue.ts";
import { isRecord, type JsonRecord, readText } from "../../protocol/read-value.ts";
import type { ChatTool } from "../chat-inputs.ts";
import type { OfferedTool } from "../translation.ts";
import type { Warnings } from "../warnings.ts";
import { freeName, safeName } from "./name-tools.ts";
import type { ToolDefinition } from "./request-schema.ts";

/** Most functions a request can offer. OpenAI's limit is 128; clients with many MCP servers pass it. */
const maxTools = 1_000;

/** What the model is offered of a request's tools. */
export interface ToolBox {
  /** By the name the model sees, in the order they are offered. */
  readonly tools: ReadonlyMap<string, OfferedTool>;
  readonly chatTools: ReadonlyMap<string, ChatTool>;
  /** Types of the hosted tools that were left out. */
  readonly leftOut: ReadonlySet<string>;
}

/**
 * Turns a request's tools into functions: `function` as it is, `custom` with one string, `input`, a `namespace`'s
 * tools one by one. A tool that the provider would have to run is left out, with a warning.
 * @throws {ApiError} 400 for a tool without a name, parameters that are no object, too many tools
 */
export function convertTools(definitions: readonly ToolDefinition[], warnings: Warnings): ToolBox {
  const tools = new Map<string, OfferedTool>();
  const chatTools = new Map<string, ChatTool>();
  const leftOut = new Set<string>();
  const seen = new Set<string>();

  const offer = (
    definition: JsonRecord,
    path: readonly PropertyKey[],
    space?: { name: string; description: string },
  ) => {
    const kind = definition["type"];
    if (kind !== "function" && kind !== "custom") {
      leftOut.add(readText(kind));
      return;
    }
    const name = readName(definition, path);
    const tool: OfferedTool = { kind, name, ...(space !== undefined && { namespace: space.name }) };
    const key = keyOf(tool);
    if (seen.has(key)) {
      warnings.add("A tool that is defined twice was offered once.");
      return;
    }
    seen.add(key);
    if (seen.size > maxTools) throw tooManyTools();
    const offered = freeName(tool, tools);
    const chatTool = kind === "function" ? describeFunction(definition, path) : describeCustom(definition, warnings);
    const description = [space?.description ?? "", chatTool.description].filter((text) => text !== "").join("\n\n");
    tools.set(offered, { ...tool, parameters: chatTool.parameters });
    chatTools.set(offered, { type: "function", function: { ...chatTool, name: offered, description } });
  };

  for (const [index, definition] of definitions.entries()) {
    const path = ["tools", index];
    if (definition.type === "namespace") offerNamespace(definition, path, offer);
    else offer(definition, path);
  }
  if (leftOut.size > 0) {
    const types = [...leftOut].join(", ");
    warnings.add(`The model can't run hosted tools, so these were left out: ${types}.`);
  }
  return { tools, chatTools, leftOut };
}

type Offer = (
  definition: JsonRecord,
  path: readonly PropertyKey[],
  space: { name: string; description: string },
) => void;

/** The namespace's own description goes with its first tool: once is enough for the model to read it. */
function offerNamespace(definition: JsonRecord, path: readonly PropertyKey[], offer: Offer): void {
  const name = readName(definition, path);
  const { tools } = definition;
  if (!Array.isArray(tools)) throw wrongField([...path, "tools"], "an array of tools");
  let description = readText(definition["description"]);
  for (const [index, tool] of tools.entries()) {
    const toolPath = [...path, "tools", index];
    if (!isRecord(tool)) throw wrongField(toolPath, "an object");
    offer(tool, toolPath, { name, description });
    description = "";
  }
}

interface Described {
  description: string;
  parameters: object;
  strict?: boolean;
}

function describeFunction(definition: JsonRecord, path: readonly PropertyKey[]): Described {
  const { parameters = null, strict } = definition;
  if (parameters !== null && !isRecord(parameters)) throw wrongField([...path, "parameters"], "a JSON Schema object");
  return {
    description: readText(definition["description"]),
    // An older published schema requires `type` and `properties`; `$schema` says nothing to a model.
    parameters: { type: "object", properties: {}, ...withoutSchemaUri(parameters ?? {}) },
    ...(typeof strict === "boolean" && { strict }),
  };
}

/** A custom tool takes free text: as a function it has one argument, and the grammar, if any, is told in words. */
function describeCustom(definition: JsonRecord, warnings: Warnings): Described {
  const format = isRecord(definition["format"]) ? definition["format"] : {};
  const hasGrammar = format["type"] === "grammar";
  if (hasGrammar) warnings.add("The model is told the grammar of a custom tool, but is not held to it.");
  const grammar = hasGrammar
    ? `The input must match this ${readText(format["syntax"])} grammar:\n${readText(format["definition"])}`
    : "";
  return {
    description: [readText(definition["description"]), grammar].filter((text) => text !== "").join("\n\n"),
    parameters: customParameters,
  };
}

const customParameters = {
  type: "object",
  properties: { input: { type: "string", description: "The whole input of the tool, as plain text." } },
  required: ["input"],
  additionalProperties: false,
} as const;

/** A JSON Schema less its `$schema`. */
export function withoutSchemaUri({ $schema: _uri, ...schema }: JsonRecord): JsonRecord {
  return schema;
}

/** The name under which a tool of the client's is offered; for one that is not offered, the name it would have. */
export function findOfferedName(tools: ReadonlyMap<string, OfferedTool>, wanted: OfferedTool): string {
  const key = keyOf(wanted);
  const likely = safeName(wanted);
  const offered = tools.get(likely);
  if (offered !== undefined && keyOf(offered) === key) return likely;
  for (const [name, tool] of tools) if (keyOf(tool) === key) return name;
  return likely;
}

/** Two tools with one key are the same tool. */
export function keyOf({ kind, name, namespace }: OfferedTool): string {
  return JSON.stringify([kind, namespace, name]);
}

function readName(definition: JsonRecord, path: readonly PropertyKey[]): string {
  const { name } = definition;
  if (typeof name !== "string" || name === "") {
    const isOfChat = name === undefined && isRecord(definition["function"]);
    const where = isOfChat ? ", beside `type`: not inside `function`, where Chat Completions has it" : "";
    throw wrongField([...path, "name"], `a string that is not empty${where}`);
  }
  return name;
}

function wrongField(path: readonly PropertyKey[], expected: string) {
  const param = renderPath(path);
  return invalidRequest({ code: "invalid_type", param, message: `The field \`${param}\` must be ${expected}.` });
}

function tooManyTools() {
  return invalidRequest({
    code: "array_above_max_length",
    param: "tools",
    message: `The field \`tools\` can offer ${maxTools} functions at most.`,
  });
}
