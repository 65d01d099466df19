import * as z from "zod/mini";
import type { ItemStatus, OpaqueItem } from "../../protocol/events.ts";
import type { IdPrefix } from "../../protocol/ids.ts";
import type { JsonRecord } from "../../protocol/json.ts";
import type { ClientRunType } from "./tools.ts";

/** What a call of a client-run tool is known by. */
export interface CallIdentity {
  id: string;
  call_id: string;
}

/** The item of such a call. */
type CallItem = OpaqueItem & JsonRecord;

/** How the id of a call's item begins. */
export const callPrefixes: Readonly<Record<ClientRunType, IdPrefix>> = {
  shell: "sh",
  local_shell: "lsh",
  apply_patch: "apc",
  tool_search: "tsc",
};

/** Models write a number as text now and then, and one command where a list is wanted. */
const number = z.coerce.number();
const count = z._default(z.catch(z.nullable(number), null), null);
const list = z.union([
  z.array(z.string()),
  z.pipe(
    z.string(),
    z.transform((value) => [value]),
  ),
]);

const ShellArguments = z.object({
  commands: list,
  timeout_ms: count,
  max_output_length: count,
});

const LocalShellArguments = z.object({
  command: z.union([
    z.array(z.string()),
    z.pipe(
      z.string(),
      z.transform((value) => ["bash", "-lc", value]),
    ),
  ]),
  env: z._default(z.catch(z.record(z.string(), z.string()), {}), {}),
  // The AI SDK refuses null in these two.
  timeout_ms: z.catch(z.optional(number), undefined),
  working_directory: z.catch(z.optional(z.string()), undefined),
});

const PatchArguments = z.discriminatedUnion("type", [
  z.object({ type: z.literal("create_file"), path: z.string(), diff: z.string() }),
  z.object({ type: z.literal("update_file"), path: z.string(), diff: z.string() }),
  z.object({ type: z.literal("delete_file"), path: z.string() }),
]);

/** A call's item without its arguments. */
export function emptyCallItem(type: ClientRunType, identity: CallIdentity, status: ItemStatus): CallItem {
  return renderItem(type, { identity, status, given: emptyArguments[type] });
}

/** A call's item with the arguments the model gave; undefined where they don't fit the tool. */
export function readCallItem(
  type: ClientRunType,
  { identity, status, given }: { identity: CallIdentity; status: ItemStatus; given: unknown },
): CallItem | undefined {
  const read = schemas[type].safeParse(given);
  return read.success ? renderItem(type, { identity, status, given: read.data }) : undefined;
}

const schemas = {
  shell: ShellArguments,
  local_shell: LocalShellArguments,
  apply_patch: PatchArguments,
  tool_search: z.looseObject({}),
};

const emptyArguments = {
  shell: { commands: [], timeout_ms: null, max_output_length: null },
  local_shell: { command: [], env: {} },
  apply_patch: { type: "update_file", path: "", diff: "" },
  tool_search: {},
};

/** The fields that each type of item has (openai-node 7.57, `ResponseFunctionShellToolCall` and its kin). */
function renderItem(
  type: ClientRunType,
  { identity, status, given }: { identity: CallIdentity; status: ItemStatus; given: object },
): CallItem {
  switch (type) {
    case "shell":
      return { type: "shell_call", ...identity, status, action: given, environment: { type: "local" } };
    case "local_shell":
      return { type: "local_shell_call", ...identity, status, action: { type: "exec", ...given } };
    case "apply_patch":
      // A patch is in progress or completed: one that was cut off never completes.
      return {
        type: "apply_patch_call",
        ...identity,
        status: status === "completed" ? status : "in_progress",
        operation: given,
      };
    case "tool_search":
      return { type: "tool_search_call", ...identity, status, execution: "client", arguments: given };
    default:
      return type satisfies never;
  }
}
