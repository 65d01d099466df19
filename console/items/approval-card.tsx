import { Check, ShieldQuestionMark, X } from "lucide";
import { readText } from "../api/json.ts";
import { decideApproval, findUnanswered } from "../chat/answer-calls.ts";
import { CodeBlock } from "../markdown/code-block.tsx";
import { countOf, indentJson } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import type { ItemProps } from "./item-view.tsx";

/** An MCP call that waits for a person. */
export function ApprovalCard({ entry, turn, next, isLive }: ItemProps) {
  const { item } = entry;
  const id = readText(item["id"]);
  const name = readText(item["name"]);
  const label = readText(item["server_label"]);
  const decision =
    next?.input.value.find((answer) => answer["approval_request_id"] === id) ?? turn.answers.value.get(id);
  const waiting = findUnanswered(turn).length;
  return (
    <section class={`card${decision === undefined ? " asks" : ""}`} aria-label={`Approval of ${name}`}>
      <header>
        <Icon node={ShieldQuestionMark} size={16} />
        <h3>{decision === undefined ? "Allow this call?" : name}</h3>
        <span class="tag">
          {decision === undefined ? `MCP server ${label}` : decision["approve"] === true ? "approved" : "denied"}
        </span>
      </header>
      <p>
        The model wants to call <code>{name}</code> on <strong>{label}</strong> with:
      </p>
      <CodeBlock title="Arguments" language="json" text={indentJson(readText(item["arguments"]))} isOpen={isLive} />
      {decision === undefined && next === undefined && turn.state.value === "done" && (
        <div class="actions">
          <button type="button" class="primary small" onClick={() => decideApproval(turn, item, true)}>
            <Icon node={Check} size={14} /> Approve
          </button>
          <button type="button" class="small" onClick={() => decideApproval(turn, item, false)}>
            <Icon node={X} size={14} /> Deny
          </button>
        </div>
      )}
      {decision !== undefined && next === undefined && waiting > 0 && (
        <p class="note">{countOf(waiting, "decision")} still to make.</p>
      )}
    </section>
  );
}
