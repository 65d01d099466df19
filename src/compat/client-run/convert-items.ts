import { validate } from "../../http/validate.ts";
import {
  LocalShellCallInput,
  LocalShellOutputInput,
  PatchCallInput,
  PatchOutputInput,
  ShellCallInput,
  ShellOutputInput,
  ToolSearchCallInput,
  ToolSearchOutputInput,
} from "../../protocol/client-run-items.ts";
import { type JsonRecord, withoutNulls } from "../../protocol/json.ts";
import type { ClientRunType } from "./tools.ts";

/** The ids that tie a call to its output: either will do. */
interface Identity {
  id?: string | null | undefined;
  call_id?: string | null | undefined;
}

/** What such an item says to the model. */
export type ClientRunItem =
  | { kind: "call"; tool: ClientRunType; identity: Identity; given: unknown }
  | { kind: "output"; identity: Identity; text: string };

/**
 * Reads an input item of a client-run tool: a call with the arguments the model wrote, or what came of it as text.
 * Undefined for an item of another type.
 * @throws {ApiError} 400 that names the field that is of a wrong kind
 */
export function readClientRunItem(item: JsonRecord, path: readonly PropertyKey[]): ClientRunItem | undefined {
  switch (item["type"]) {
    case "shell_call": {
      const { action, ...identity } = validate(ShellCallInput, item, path);
      return { kind: "call", tool: "shell", identity, given: withoutNulls(action) };
    }
    case "local_shell_call": {
      const { action, ...identity } = validate(LocalShellCallInput, item, path);
      const { type: _exec, ...given } = action;
      return { kind: "call", tool: "local_shell", identity, given: withoutNulls(given) };
    }
    case "apply_patch_call": {
      const { operation, ...identity } = validate(PatchCallInput, item, path);
      return { kind: "call", tool: "apply_patch", identity, given: operation };
    }
    case "tool_search_call": {
      const { arguments: given, ...identity } = validate(ToolSearchCallInput, item, path);
      return { kind: "call", tool: "tool_search", identity, given: given ?? {} };
    }
    case "shell_call_output": {
      const { output, ...identity } = validate(ShellOutputInput, item, path);
      return { kind: "output", identity, text: output.map(describeRun).join("\n\n") };
    }
    case "local_shell_call_output": {
      const { output, ...identity } = validate(LocalShellOutputInput, item, path);
      return { kind: "output", identity, text: output };
    }
    case "apply_patch_call_output": {
      const { status, output, ...identity } = validate(PatchOutputInput, item, path);
      return { kind: "output", identity, text: [`The patch ${status}.`, output ?? ""].join("\n").trim() };
    }
    case "tool_search_output": {
      const { tools, ...identity } = validate(ToolSearchOutputInput, item, path);
      return { kind: "output", identity, text: describeFound(tools) };
    }
    default:
      return undefined;
  }
}

function describeRun({ outcome, stdout, stderr }: { outcome: Outcome; stdout: string; stderr: string }): string {
  const end = outcome.type === "timeout" ? "It ran out of time." : `Exit code ${outcome.exit_code ?? "unknown"}`;
  return [end, stdout === "" ? "" : `Output:\n${stdout}`, stderr === "" ? "" : `Errors:\n${stderr}`]
    .filter((line) => line !== "")
    .join("\n");
}

interface Outcome {
  type: string;
  exit_code?: number | null | undefined;
}

function describeFound(tools: readonly { name?: string | null | undefined }[]): string {
  if (tools.length === 0) return "No tool was found.";
  return `Found, and can be called now: ${tools.map(({ name }) => name ?? "a tool without a name").join(", ")}.`;
}
