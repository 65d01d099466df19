import { isRecord, readText } from "../../protocol/json.ts";
import type { ToolDefinition } from "../../protocol/request.ts";

/**
 * Types of tools that OpenAI defines and the client runs. The model gets each as a function; the call goes back as an item
 * of the tool's own type (openai-node 7.57: `FunctionShellTool`, `LocalShell`, `ApplyPatchTool`, `ToolSearchTool`).
 */
export const clientRunTypes = ["shell", "local_shell", "apply_patch", "tool_search"] as const;

export type ClientRunType = (typeof clientRunTypes)[number];

/** Whether a tool is of one of these types. */
export function isClientRunType(type: string): type is ClientRunType {
  return clientRunTypes.some((known) => known === type);
}

/**
 * The type of a tool that the client runs; undefined for any other: a shell in a container of OpenAI's and a search by
 * OpenAI's server are for the server to run.
 */
export function clientRunType(definition: ToolDefinition): ClientRunType | undefined {
  const { type, environment, execution } = definition;
  if (!isClientRunType(type)) return undefined;
  if (type === "shell" && isRecord(environment) && environment["type"] !== "local") return undefined;
  if (type === "tool_search" && execution !== "client") return undefined;
  return type;
}

/** A function as the model reads it. */
interface Described {
  name: ClientRunType;
  description: string;
  parameters: object;
}

/** Describes such a tool as a function. */
export function describeClientRun(type: ClientRunType, definition: ToolDefinition): Described {
  switch (type) {
    case "shell":
      return { name: type, ...shell };
    case "local_shell":
      return { name: type, ...localShell };
    case "apply_patch":
      return { name: type, ...applyPatch };
    case "tool_search":
      return {
        name: type,
        description: readText(definition["description"]) || toolSearch.description,
        parameters: isRecord(definition["parameters"]) ? definition["parameters"] : toolSearch.parameters,
      };
    default:
      return type satisfies never;
  }
}

const text = { type: "string" } as const;

function object(properties: Record<string, object>, required: readonly string[]): object {
  return { type: "object", properties, required, additionalProperties: false };
}

const shell = {
  description: "Runs commands in the user's shell, all at once, and gives the output and exit code of each.",
  parameters: object(
    {
      commands: { type: "array", items: text, description: "Whole command lines." },
      timeout_ms: { type: "integer", description: "Longest a command may run, in milliseconds." },
      max_output_length: { type: "integer", description: "Most characters of output to give back." },
    },
    ["commands"],
  ),
};

const localShell = {
  description: "Runs one command on the user's computer and gives its output.",
  parameters: object(
    {
      command: { type: "array", items: text, description: 'The program and its arguments: ["ls", "-l"].' },
      working_directory: text,
      timeout_ms: { type: "integer", description: "Longest it may run, in milliseconds." },
      env: { type: "object", additionalProperties: text, description: "Environment variables." },
    },
    ["command"],
  ),
};

const applyPatch = {
  description: [
    "Creates, changes or deletes one file. Call it once for each file.",
    "`diff` of a new file: every line of the file after a plus sign.",
    "`diff` of a changed file: `@@` and the class or function that the change is in, then lines that begin with a space (unchanged), `-` (removed) or `+` (added). Give three unchanged lines before and after each change, exactly as the file has them. There are no line numbers.",
  ].join("\n"),
  parameters: object(
    {
      type: { type: "string", enum: ["create_file", "update_file", "delete_file"] },
      path: { ...text, description: "Relative to the workspace." },
      diff: { ...text, description: "Empty for delete_file." },
    },
    ["type", "path"],
  ),
};

const toolSearch = {
  description: "Searches for tools that can be called. What it finds is offered from then on.",
  parameters: object({ query: text }, ["query"]),
};
