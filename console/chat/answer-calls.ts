import { type JsonObject, readText } from "../api/json.ts";
import { currentChat } from "./manage-chats.ts";
import type { Turn } from "./turn.ts";

/** What still waits for a person: the ids of calls without a result and of approvals without a decision. */
export function findUnanswered(turn: Turn): string[] {
  const wanted = [
    ...turn.openCalls.map((item) => readText(item["call_id"])),
    ...turn.openApprovals.map((item) => readText(item["id"])),
  ];
  return wanted.filter((id) => !turn.answers.value.has(id));
}

/** Notes the result of a call. Sends all results once none is missing. */
export function answerCall(turn: Turn, call: JsonObject, output: string): void {
  const id = readText(call["call_id"]);
  note(turn, id, { type: `${readText(call["type"])}_output`, call_id: id, output });
}

/** Notes a person's yes or no to an MCP call. Sends all answers once none is missing. */
export function decideApproval(turn: Turn, request: JsonObject, approve: boolean): void {
  const id = readText(request["id"]);
  note(turn, id, { type: "mcp_approval_response", approval_request_id: id, approve });
}

function note(turn: Turn, id: string, answer: JsonObject): void {
  turn.answers.value = new Map([...turn.answers.value, [id, answer]]);
  if (findUnanswered(turn).length === 0) void currentChat.value.send([...turn.answers.value.values()], turn);
}
