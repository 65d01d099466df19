/** Input items of the tools that the client runs, and of those that bring tools along (openai-node 7.57, `ResponseInputItem`). */
import * as z from "zod/mini";
import { mostTools } from "./request.ts";
import { callIdentity, listOf, optionalText } from "./schema-rules.ts";

const runAction = z.looseObject({ timeout_ms: z.nullish(z.number()) });

export const ShellCallInput = z.looseObject({
  ...callIdentity,
  action: z.looseObject({ ...runAction.shape, commands: z.array(z.string()) }),
});

export const ShellOutputInput = z.looseObject({
  ...callIdentity,
  output: z.array(
    z.looseObject({
      stdout: z.string(),
      stderr: z.string(),
      outcome: z.looseObject({ type: z.enum(["exit", "timeout"]), exit_code: z.nullish(z.number()) }),
    }),
  ),
});

export const LocalShellCallInput = z.looseObject({
  ...callIdentity,
  action: z.looseObject({ ...runAction.shape, command: z.array(z.string()) }),
});

export const LocalShellOutputInput = z.looseObject({ ...callIdentity, output: z.string() });

export const PatchCallInput = z.looseObject({
  ...callIdentity,
  operation: z.looseObject({ type: z.string(), path: z.string(), diff: optionalText }),
});

export const PatchOutputInput = z.looseObject({
  ...callIdentity,
  status: z.enum(["completed", "failed"]),
  output: optionalText,
});

/** Tools that an item brings along. */
const broughtTools = listOf(z.looseObject({ type: z.string(), name: optionalText }), mostTools, "tools");

export const ToolSearchCallInput = z.looseObject({ ...callIdentity, arguments: z.optional(z.unknown()) });

export const ToolSearchOutputInput = z.looseObject({ ...callIdentity, tools: broughtTools });

export const AdditionalToolsInput = z.looseObject({ tools: broughtTools });

/** Each of them by its type. */
export const clientRunItemTypes: readonly [string, z.core.$ZodType][] = [
  ["shell_call", ShellCallInput],
  ["shell_call_output", ShellOutputInput],
  ["local_shell_call", LocalShellCallInput],
  ["local_shell_call_output", LocalShellOutputInput],
  ["apply_patch_call", PatchCallInput],
  ["apply_patch_call_output", PatchOutputInput],
  ["tool_search_call", ToolSearchCallInput],
  ["tool_search_output", ToolSearchOutputInput],
  ["additional_tools", AdditionalToolsInput],
];
