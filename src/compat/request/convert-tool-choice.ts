import * as z from "zod/mini";
import { invalidRequest } from "../../errors.ts";
import { validate } from "../../http/validate.ts";
import type { Warnings } from "../../http/warnings.ts";
import { type CreateRequest, mostTools, type ToolDefinition } from "../../protocol/request.ts";
import { listOf } from "../../protocol/schema-rules.ts";
import type { ChatTool, ChatToolChoice } from "../chat-inputs.ts";
import type { OfferedTool } from "../translation.ts";
import type { ToolBox } from "./convert-tools.ts";

/** A choice of one tool, by its type, and for the client's own by its name. */
const NamedTool = z.looseObject({
  type: z.string(),
  name: z.nullish(z.string()),
  namespace: z.nullish(z.string()),
});

type NamedTool = z.infer<typeof NamedTool>;

/** A choice among some of the tools. */
const AllowedTools = z.looseObject({
  mode: z.enum(["auto", "required"]),
  tools: listOf(NamedTool, mostTools, "tool_choice.tools"),
});

/** What the model is offered in the end, and whether it has to call. */
export interface ToolOffer {
  tools: ReadonlyMap<string, OfferedTool>;
  chatTools: readonly ChatTool[];
  /** Absent when no tool is offered. */
  choice?: ChatToolChoice;
}

/**
 * Settles which tools the model may and must call.
 * @throws {ApiError} 400 when a tool is demanded that isn't there, or that the model can't run
 */
export function convertToolChoice(
  choice: CreateRequest["tool_choice"],
  { tools, chatTools, leftOut }: Omit<ToolBox, "offeredName">,
  warnings: Warnings,
): ToolOffer {
  const offerAll = (wanted: ChatToolChoice): ToolOffer =>
    tools.size === 0 ? { tools, chatTools: [] } : { tools, chatTools: [...chatTools.values()], choice: wanted };

  if (choice === undefined || choice === null) return offerAll("auto");
  if (typeof choice === "string") {
    if (choice === "required" && tools.size === 0) throw nothingToCall("tool_choice", leftOut);
    return offerAll(choice);
  }
  if (choice.type === "allowed_tools") return offerAllowed(choice, { tools, chatTools, leftOut }, warnings);
  return offerAll({
    type: "function",
    function: { name: demand(validate(NamedTool, choice, ["tool_choice"]), tools, "tool_choice") },
  });
}

/** The offered name of the one tool that `wanted` names. */
function demand(wanted: NamedTool, tools: ToolBox["tools"], param: string): string {
  const { type } = wanted;
  if (type !== "function" && type !== "custom") {
    throw invalidRequest({
      code: "unsupported_tool",
      param,
      message: `The model can't run the hosted tool \`${type.slice(0, 64)}\`. Choose a function or a custom tool.`,
    });
  }
  const found = findTool(wanted, tools);
  if (found === undefined) {
    throw invalidRequest({
      code: "invalid_value",
      param,
      message: `The tool that \`${param}\` names is not in \`tools\`.`,
    });
  }
  return found;
}

function offerAllowed(
  choice: ToolDefinition,
  { tools, chatTools, leftOut }: Omit<ToolBox, "offeredName">,
  warnings: Warnings,
): ToolOffer {
  const { mode, tools: allowed } = validate(AllowedTools, choice, ["tool_choice"]);
  const names = new Set<string>();
  for (const [index, wanted] of allowed.entries()) {
    if (wanted.type === "function" || wanted.type === "custom") {
      names.add(demand(wanted, tools, `tool_choice.tools[${index}]`));
    } else {
      warnings.add("The model can't run the hosted tools that tool_choice allows.");
    }
  }
  if (mode === "required" && names.size === 0) throw nothingToCall("tool_choice.tools", leftOut);
  return {
    tools: new Map([...tools].filter(([name]) => names.has(name))),
    chatTools: [...chatTools].flatMap(([name, tool]) => (names.has(name) ? [tool] : [])),
    ...(names.size > 0 && { choice: mode }),
  };
}

/** A namespace need not be named when only one tool has the name. */
function findTool({ type, name, namespace }: NamedTool, tools: ToolBox["tools"]): string | undefined {
  const matches = [...tools].filter(([, tool]) => tool.kind === type && tool.name === name);
  const exact = matches.find(([, tool]) => tool.namespace === (typeof namespace === "string" ? namespace : undefined));
  const [found] = exact ?? (typeof namespace !== "string" && matches.length === 1 ? (matches[0] ?? []) : []);
  return found;
}

function nothingToCall(param: string, leftOut: ReadonlySet<string>) {
  const reason = leftOut.size > 0 ? "the model can't run hosted tools" : "`tools` is empty";
  return invalidRequest({
    code: leftOut.size > 0 ? "unsupported_tool" : "invalid_value",
    param,
    message: `A tool call is required, but there is no tool to call: ${reason}. Add a function or a custom tool.`,
  });
}
