import { Activity, GitBranch, RefreshCw } from "lucide";
import { readObject, readText } from "../api/json.ts";
import { shortenModel } from "../api/worker.ts";
import { panel } from "../app/layout.ts";
import { inspected } from "../inspector/inspected.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { formatCost, formatCount, formatDuration } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { costOf, speedOf } from "./cost.ts";
import { branchChat, currentChat } from "./manage-chats.ts";
import type { Turn } from "./turn.ts";

/** What an answer took, and what can be done with it. */
export function AnswerFooter({ turn }: { turn: Turn }) {
  const { text } = turn;
  const inspect = () => {
    inspected.value = turn;
    panel.value = "inspector";
  };
  const reason = readText(readObject(turn.response?.["incomplete_details"])["reason"]);
  return (
    <footer class="answer-footer">
      {reason !== "" && <p class="notice">{describeReason(reason)}</p>}
      {turn.warnings.map((warning) => (
        <p key={warning} class="notice">
          {warning}
        </p>
      ))}
      <div class="turn-actions">
        {text !== "" && <CopyButton label="Copy the answer" read={() => text} />}
        {turn.input.value.length > 0 && (
          <button
            type="button"
            class="ghost"
            aria-label="Answer again"
            title="Answer again"
            onClick={() => void currentChat.value.send(turn.input.value, turn.parent)}
          >
            <Icon node={RefreshCw} size={15} />
          </button>
        )}
        {turn.isStored && (
          <button
            type="button"
            class="ghost"
            aria-label="Branch from here"
            title="Branch into a new chat"
            onClick={() => branchChat(turn)}
          >
            <Icon node={GitBranch} size={15} />
          </button>
        )}
        <button type="button" class="ghost facts" title="Inspect" onClick={inspect}>
          <Icon node={Activity} size={15} />
          <span class="hidden">Inspect</span>
          {factsOf(turn).map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </button>
      </div>
    </footer>
  );
}

function factsOf(turn: Turn): string[] {
  const { usage, timing, model } = turn;
  const cost = costOf(turn);
  const speed = speedOf(turn);
  return [
    shortenModel(model),
    usage === undefined ? "" : `${formatCount(usage.input + usage.output)} tokens`,
    speed === undefined ? "" : `${Math.round(speed)} tokens/s`,
    timing.end === undefined ? "" : formatDuration(timing.end),
    cost === undefined ? "" : formatCost(cost),
  ].filter((fact) => fact !== "");
}

function describeReason(reason: string): string {
  if (reason === "max_output_tokens")
    return "Cut off: the answer reached the limit of output tokens. Raise it in the settings.";
  if (reason === "content_filter") return "Cut off by the content filter.";
  if (reason === "client_disconnected") return "Stopped before its end.";
  return `Incomplete: ${reason.replaceAll("_", " ")}.`;
}
