import * as z from "zod/mini";
import { type ApiError, invalidRequest } from "../../errors.ts";
import { kindOfTool } from "../../hosted/plan-tools.ts";
import { validate } from "../../http/validate.ts";
import type { Warnings } from "../../http/warnings.ts";
import { type CreateRequest, mostTools } from "../../protocol/request.ts";
import { listOf } from "../../protocol/schema-rules.ts";
import type { ChatTool, ChatToolChoice } from "../chat-inputs.ts";
import type { OfferedTool } from "../translation.ts";
import type { Offered } from "./offer-hosted-tools.ts";

/** A choice of one tool: by its type, for the client's own by its name too, for an MCP server's by its label. */
const NamedTool = z.looseObject({
  type: z.string(),
  name: z.nullish(z.string()),
  namespace: z.nullish(z.string()),
  server_label: z.nullish(z.string()),
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

/** What is known of the tools that a request may choose from. */
export interface Choosable extends Offered {
  /** Types of the tools that were left out. */
  leftOut: ReadonlySet<string>;
  /** Labels of MCP servers whose tools are not known yet: what is chosen of theirs can't be missed. */
  unlisted: ReadonlySet<string>;
}

/**
 * Settles which tools the model may and must call.
 * @throws {ApiError} 400 when a tool is demanded that isn't there, or that nobody here runs
 */
export function convertToolChoice(
  choice: CreateRequest["tool_choice"],
  choosable: Choosable,
  warnings: Warnings,
): ToolOffer {
  const { tools, leftOut, unlisted } = choosable;
  if (choice === undefined || choice === null) return offerNamed([...tools.keys()], "auto", choosable);
  if (typeof choice === "string") {
    if (choice === "required" && tools.size + unlisted.size === 0) throw nothingToCall("tool_choice", leftOut);
    return offerNamed([...tools.keys()], choice, choosable);
  }
  if (choice.type !== "allowed_tools") {
    const wanted = validate(NamedTool, choice, ["tool_choice"]);
    const names = demand(wanted, "tool_choice", choosable);
    const [name, ...others] = names;
    // Of the tools of a whole server any will do. Of search, the search itself is meant, not the page to open.
    if (wanted.type === "mcp" && others.length > 0) return offerNamed(names, "required", choosable);
    if (name === undefined) return offerNamed([...tools.keys()], "auto", choosable);
    return offerNamed([...tools.keys()], { type: "function", function: { name } }, choosable);
  }
  const { mode, tools: allowed } = validate(AllowedTools, choice, ["tool_choice"]);
  const names = allowed.flatMap((wanted, index) => {
    if (leftOut.has(wanted.type)) {
      warnings.add("The model can't run the hosted tools that tool_choice allows.");
      return [];
    }
    return demand(wanted, `tool_choice.tools[${index}]`, choosable);
  });
  if (mode === "required" && names.length + unlisted.size === 0) throw nothingToCall("tool_choice.tools", leftOut);
  return offerNamed(names, mode, choosable);
}

function offerNamed(names: readonly string[], choice: ChatToolChoice, { tools, chatTools }: Offered): ToolOffer {
  const wanted = new Set(names);
  if (wanted.size === 0) return { tools: new Map(), chatTools: [] };
  return {
    tools: new Map([...tools].filter(([name]) => wanted.has(name))),
    chatTools: [...chatTools].flatMap(([name, tool]) => (wanted.has(name) ? [tool] : [])),
    choice,
  };
}

/** The offered names of what `wanted` means; none when it is still to be listed. */
function demand(wanted: NamedTool, param: string, { tools, unlisted }: Choosable): string[] {
  const { type, server_label: label } = wanted;
  const kind = kindOfTool(type);
  const names = [...tools].filter(([, tool]) => isMeant(tool, wanted, kind)).map(([name]) => name);
  if (names.length > 0)
    return type === "function" || type === "custom" ? chooseOne(wanted, names, { tools, param }) : names;
  if (kind === "mcp" && typeof label === "string" && unlisted.has(label)) return [];
  if (
    type !== "function" &&
    type !== "custom" &&
    ![...tools.values()].some((tool) => tool.kind === "hosted" && tool.tool.type === kind)
  ) {
    throw invalidRequest({
      code: "unsupported_tool",
      param,
      message: `The model can't run the hosted tool \`${type.slice(0, 64)}\`. Choose a function or a custom tool.`,
    });
  }
  throw notThere(param);
}

function isMeant(
  tool: OfferedTool,
  { type, name, server_label: label }: NamedTool,
  kind: ReturnType<typeof kindOfTool>,
): boolean {
  if (tool.kind !== "hosted") return tool.kind === type && tool.name === name;
  const { mcp, type: owner } = tool.tool;
  if (owner !== kind) return false;
  return mcp === undefined || (mcp.label === label && (name === undefined || name === null || mcp.name === name));
}

/** A namespace need not be named when only one tool has the name. */
function chooseOne(
  { namespace }: NamedTool,
  names: readonly string[],
  { tools, param }: { tools: Offered["tools"]; param: string },
): string[] {
  const isOf = (name: string) => {
    const tool = tools.get(name);
    return tool !== undefined && tool.kind !== "hosted" && tool.namespace === (namespace ?? undefined);
  };
  const exact = names.find(isOf) ?? (typeof namespace !== "string" && names.length === 1 ? names[0] : undefined);
  if (exact === undefined) throw notThere(param);
  return [exact];
}

function notThere(param: string): ApiError {
  return invalidRequest({
    code: "invalid_value",
    param,
    message: `The tool that \`${param}\` names is not in \`tools\`.`,
  });
}

function nothingToCall(param: string, leftOut: ReadonlySet<string>): ApiError {
  const reason = leftOut.size > 0 ? "the model can't run hosted tools" : "`tools` is empty";
  return invalidRequest({
    code: leftOut.size > 0 ? "unsupported_tool" : "invalid_value",
    param,
    message: `A tool call is required, but there is no tool to call: ${reason}. Add a function or a custom tool.`,
  });
}
