import { Hourglass } from "lucide";
import { ItemView } from "../items/item-view.tsx";
import { Icon } from "../ui/icon.tsx";
import { AnswerFooter } from "./answer-footer.tsx";
import { ErrorCard } from "./error-card.tsx";
import { currentChat } from "./manage-chats.ts";
import type { Turn } from "./turn.ts";
import { UserMessage } from "./user-message.tsx";

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
  return (
    <article class="turn" data-state={state}>
      <h2 class="hidden">You</h2>
      <UserMessage turn={turn} />
      <h2 class="hidden">Model</h2>
      <div class="answer" aria-busy={isLive}>
        {state === "waiting" && <Waiting turn={turn} />}
        {entries.map((entry, index) => (
          <ItemView
            key={index}
            entry={entry}
            turn={turn}
            next={next}
            isLive={isLive && entry.endedAt === undefined && index === entries.length - 1}
          />
        ))}
        {state === "lost" && <p class="note">The Worker no longer has this turn. Responses expire after some weeks.</p>}
        {state === "stopped" && <p class="note">Stopped.</p>}
        {error !== undefined && (
          <ErrorCard error={error} onRetry={() => void currentChat.value.send(turn.input.value, turn.parent)} />
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
