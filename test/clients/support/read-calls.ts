import type { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { readChat } from "./model-turns.ts";

interface WireMessage {
  role: string;
  content: unknown;
  reasoning?: string;
  tool_call_id?: string;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
}

/** What upstream was asked, call by call. */
export function inputsOf(upstream: ScriptedUpstream): Record<string, unknown>[] {
  return upstream.calls.map((call) => readChat(call).inputs);
}

/**
 * The conversation of the upstream's last call, a line for each thing said. Ids of tool calls are numbered in the order
 * they come; an output of a call that nobody made is `#0`.
 *
 *     user: Weather in Paris?
 *     assistant thinks: Look it up.
 *     assistant calls #1: get_weather {"city":"Paris"}
 *     tool #1: sunny
 */
export function lastConversation(upstream: ScriptedUpstream): string[] {
  const { messages } = inputsOf(upstream).at(-1) as { messages: WireMessage[] };
  const ids: string[] = [];
  return messages.flatMap(({ role, content, reasoning, tool_calls = [], tool_call_id }) => [
    ...(reasoning === undefined ? [] : [`${role} thinks: ${reasoning}`]),
    ...(content === ""
      ? []
      : [`${role}${tool_call_id === undefined ? "" : ` #${ids.indexOf(tool_call_id) + 1}`}: ${show(content)}`]),
    ...tool_calls.map(
      (call) => `${role} calls #${ids.push(call.id)}: ${call.function.name} ${call.function.arguments}`,
    ),
  ]);
}

interface WireItem {
  type: string;
  role?: string;
  content: { text: string }[];
}

/** The messages and reasoning that a conversation keeps, written as `lastConversation` writes them. */
export function readItems(items: object[]): string[] {
  return (items as WireItem[]).map(({ type, role, content }) => {
    const text = content.map((part) => part.text).join("");
    return type === "reasoning" ? `assistant thinks: ${text}` : `${role}: ${text}`;
  });
}

function show(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}
