import { KeyRound, RotateCcw, SlidersHorizontal, TriangleAlert } from "lucide";
import type { CallError } from "../api/call-error.ts";
import { isKeyOpen, panel } from "../app/layout.ts";
import { Icon } from "../ui/icon.tsx";
import { explainError } from "./explain-error.ts";

/** An error in words, with what can be done about it; the API's own words are a click away. */
export function ErrorCard({ error, onRetry }: { error: CallError; onRetry: () => void }) {
  const { title, advice, remedy } = explainError(error);
  const details = Object.entries({
    status: error.status === 0 ? "" : String(error.status),
    code: error.code,
    param: error.param,
    message: error.message,
    "x-request-id": error.requestId,
  }).filter(([, value]) => value !== "");
  return (
    <section class="card problem" aria-label="Error">
      <header>
        <Icon node={TriangleAlert} size={16} />
        <h3>{title}</h3>
      </header>
      <p>{advice}</p>
      <div class="actions">
        {remedy === "key" && (
          <button type="button" class="primary small" onClick={() => (isKeyOpen.value = true)}>
            <Icon node={KeyRound} size={14} /> Enter a key
          </button>
        )}
        {remedy === "settings" && (
          <button type="button" class="primary small" onClick={() => (panel.value = "settings")}>
            <Icon node={SlidersHorizontal} size={14} /> Open the settings
          </button>
        )}
        <button type="button" class="small" onClick={onRetry}>
          <Icon node={RotateCcw} size={14} /> Try again
        </button>
      </div>
      <details>
        <summary>What the API said</summary>
        <dl class="pairs">
          {details.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}
