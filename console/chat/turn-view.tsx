import { Hourglass } from "lucide";
import { useState } from "preact/hooks";
import { ItemView } from "../items/item-view.tsx";
import { Icon } from "../ui/icon.tsx";
import { AnswerFooter } from "./answer-footer.tsx";
import { ErrorCard } from "./error-card.tsx";
import { reloadTurn } from "./load-chat.ts";
import { currentChat } from "./manage-chats.ts";
import type { Turn } from "./turn.ts";
import { UserMessage } from "./user-message.tsx";

/** Items of one answer that are drawn without being asked for. */
const manyItems = 100;

interface TurnViewProps {
  turn: Turn;
  next: Turn | undefined;
}

/** One turn: what was sent, the answer as it grows, and what it took. */
export function TurnView({ turn, next }: TurnViewProps) {
  const state = turn.state.value;
  const entries = turn.entries.value;
  const { isLive } = turn;
  const error = turn.error.value;
  const [shown, setShown] = useState(manyItems);
  const hidden = Math.max(0, entries.length - shown);
  return (
    <article class="turn" data-state={state}>
      <h2 class="hidden">You</h2>
      <UserMessage turn={turn} />
      <h2 class="hidden">Model</h2>
      <div class="answer" aria-busy={isLive}>
        {state === "waiting" && <Waiting turn={turn} />}
        {hidden > 0 && (
          <button type="button" class="small" onClick={() => setShown(shown + manyItems)}>
            Show {hidden} earlier
          </button>
        )}
        {entries.slice(hidden).map((entry, place) => (
          <ItemView
            key={hidden + place}
            entry={entry}
            turn={turn}
            next={next}
            isLive={isLive && entry.endedAt === undefined && hidden + place === entries.length - 1}
          />
        ))}
        {state === "lost" && <p class="note">The Worker no longer has this turn. Responses expire after some weeks.</p>}
        {state === "stopped" && <p class="note">Stopped.</p>}
        {error !== undefined && (
          <ErrorCard
            error={error}
            onRetry={() => {
              if (turn.input.value.length === 0) reloadTurn(currentChat.value, turn);
              else void currentChat.value.send(turn.input.value, turn.parent);
            }}
          />
        )}
      </div>
      {!isLive && state !== "lost" && <AnswerFooter turn={turn} />}
    </article>
  );
}

function Waiting({ turn }: { turn: Turn }) {
  return (
    <p class="waiting">
      {turn.isBackground ? (
        <>
          <Icon node={Hourglass} size={15} /> Runs in the background. You may leave and come back.
        </>
      ) : (
        <span class="dots" aria-label="Waiting for the answer">
          <i />
          <i />
          <i />
        </span>
      )}
    </p>
  );
}
