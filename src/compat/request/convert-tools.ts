import * as z from "zod/mini";
import type { HostedDefinition } from "../../hosted/plan-tools.ts";
import { validate } from "../../http/validate.ts";
import type { Warnings } from "../../http/warnings.ts";
import type { JsonRecord } from "../../protocol/json.ts";
import { mostTools, type ToolDefinition } from "../../protocol/request.ts";
import { listOf, optionalText, rule } from "../../protocol/schema-rules.ts";
import type { ChatTool } from "../chat-inputs.ts";
import { clientRunType, describeClientRun } from "../client-run/tools.ts";
import type { ClientTool, OfferedTool } from "../translation.ts";
import { freeName, safeName } from "./name-tools.ts";

/** A tool's definition, and where it stands in the request. */
export interface PlacedTool {
  definition: ToolDefinition;
  path: readonly PropertyKey[];
}

/** What the model is offered of a request's tools. */
export interface ToolBox {
  /** By the name the model sees, in the order they are offered. */
  readonly tools: ReadonlyMap<string, OfferedTool>;
  readonly chatTools: ReadonlyMap<string, ChatTool>;
  /** The tools that are not the client's own. */
  readonly others: readonly HostedDefinition[];
  /** The name under which a tool of the client's is offered; of one that is not offered, the name it would have. */
  readonly offeredName: (tool: ClientTool) => string;
}

/** Says where the name belongs to a client that sends a tool of Chat Completions. */
const notOfChat = rule((tool: JsonRecord) =>
  tool["name"] === undefined && typeof tool["function"] === "object"
    ? {
        code: "missing_required_parameter",
        path: ["name"],
        message:
          "A tool's `name` stands beside its `type`, not inside `function`, where Chat Completions has it. Move it there.",
      }
    : undefined,
);

/** OpenAI allows 64 characters; names of MCP tools that clients pass on are longer. */
const functionName = /^[a-zA-Z0-9_-]{1,128}$/;

const FunctionTool = z.looseObject({
  name: z.string().check(
    rule((name) =>
      functionName.test(name)
        ? undefined
        : {
            code: "invalid_value",
            message: "A function's `name` has 1 to 128 letters, digits, underscores and hyphens.",
          },
    ),
  ),
  description: optionalText,
  parameters: z.nullish(z.looseObject({})),
  strict: z.nullish(z.boolean()),
});

const CustomTool = z.looseObject({
  name: z.string().check(z.minLength(1)),
  description: optionalText,
  format: z.nullish(z.looseObject({ type: optionalText, syntax: optionalText, definition: optionalText })),
});

const NamespaceTool = z.looseObject({
  name: z.string().check(z.minLength(1)),
  description: optionalText,
  tools: listOf(z.looseObject({ type: z.string() }), mostTools, "tools"),
});

/** Fields of a tool that steer what only OpenAI's own servers do. */
const ineffectiveFields = ["allowed_callers", "defer_loading", "output_schema"] as const;

/**
 * Turns a request's tools into functions: `function` as it is, `custom` with one string, `input`, a `namespace`'s
 * tools one by one, a client-run tool by a description of our own. Tools that the client doesn't run are handed on as they
 * are.
 * @throws {ApiError} 400 for a tool without a valid name, parameters that are no object, too many tools
 */
export function convertTools(definitions: readonly PlacedTool[], warnings: Warnings): ToolBox {
  const tools = new Map<string, OfferedTool>();
  const chatTools = new Map<string, ChatTool>();
  const others: HostedDefinition[] = [];
  /** Offered names by `keyOf`. */
  const names = new Map<string, string>();

  function offer(
    definition: ToolDefinition,
    path: readonly PropertyKey[],
    space?: { name: string; description: string },
  ) {
    const { type } = definition;
    const clientRun = clientRunType(definition);
    if (type !== "function" && type !== "custom" && clientRun === undefined) {
      others.push({ definition, path });
      return;
    }
    for (const field of ineffectiveFields) {
      const set = definition[field];
      if (set !== undefined && set !== null && set !== false) {
        warnings.add(`The field ${field} of a tool has no effect here.`);
      }
    }
    validate(z.looseObject({}).check(notOfChat), definition, path);
    const kind = clientRun ?? (type === "function" ? type : "custom");
    const described =
      clientRun !== undefined
        ? describeClientRun(clientRun, definition)
        : kind === "function"
          ? describeFunction(validate(FunctionTool, definition, path))
          : describeCustom(validate(CustomTool, definition, path), warnings);
    const tool: ClientTool = { kind, name: described.name, ...(space !== undefined && { namespace: space.name }) };
    const key = keyOf(tool);
    if (names.has(key)) {
      // A search may well find what is there already.
      if (path[0] === "tools") warnings.add("A tool that is defined twice was offered once.");
      return;
    }
    const name = freeName(tool, tools);
    const description = [space?.description ?? "", described.description].filter((text) => text !== "").join("\n\n");
    names.set(key, name);
    tools.set(name, { ...tool, parameters: described.parameters });
    chatTools.set(name, { type: "function", function: { ...described, name, description } });
  }

  for (const { definition, path } of definitions) {
    if (definition.type !== "namespace") {
      offer(definition, path);
      continue;
    }
    const { name, tools: inside, description: ofSpace } = validate(NamespaceTool, definition, path);
    // The namespace's own description goes with its first tool: once is enough for the model to read it.
    for (const [position, tool] of inside.entries()) {
      const description = position === 0 ? (ofSpace ?? "") : "";
      offer(tool, [...path, "tools", position], { name, description });
    }
  }
  validate(listOf(z.unknown(), mostTools, "tools"), [...tools.keys()], ["tools"]);
  return { tools, chatTools, others, offeredName: (tool) => names.get(keyOf(tool)) ?? safeName(tool) };
}

interface Described {
  name: string;
  description: string;
  parameters: object;
  strict?: boolean;
}

function describeFunction({ name, description, parameters, strict }: z.infer<typeof FunctionTool>): Described {
  return {
    name,
    description: description ?? "",
    // An older published schema requires `type` and `properties`; `$schema` says nothing to a model.
    parameters: { type: "object", properties: {}, ...withoutSchemaUri(parameters ?? {}) },
    ...(typeof strict === "boolean" && { strict }),
  };
}

/** A custom tool takes free text: as a function it has one argument, and its grammar, if any, becomes words. */
function describeCustom({ name, description, format }: z.infer<typeof CustomTool>, warnings: Warnings): Described {
  const hasGrammar = format?.type === "grammar";
  if (hasGrammar) warnings.add("The model reads the grammar of a custom tool, but is not held to it.");
  const grammar = hasGrammar
    ? `The input must match this ${format.syntax ?? ""} grammar:\n${format.definition ?? ""}`
    : "";
  return {
    name,
    description: [description ?? "", grammar].filter((text) => text !== "").join("\n\n"),
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

/** Two tools with one key are the same tool. */
function keyOf({ kind, name, namespace }: ClientTool): string {
  return JSON.stringify([kind, namespace, name]);
}
