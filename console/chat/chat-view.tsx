import { useSignal } from "@preact/signals";
import { ArrowDown } from "lucide";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../ui/icon.tsx";
import { Composer } from "./composer.tsx";
import { followEnd } from "./follow-end.ts";
import { currentChat } from "./manage-chats.ts";
import { TurnView } from "./turn-view.tsx";
import { Welcome } from "./welcome.tsx";

export function ChatView() {
  const chat = currentChat.value;
  const path = chat.path.value;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isAway = useSignal(false);
  const end = useRef<ReturnType<typeof followEnd>>(undefined);

  useEffect(() => {
    if (scroller.current === null || content.current === null) return undefined;
    end.current = followEnd({
      scroller: scroller.current,
      content: content.current,
      isGrowing: () => currentChat.peek().live.peek() !== undefined,
      onMove: (atEnd) => (isAway.value = !atEnd),
    });
    return () => end.current?.stop();
  }, []);
  // A message that was just sent, or another chat: its end is what one wants to see.
  const tip = path.at(-1);
  useEffect(() => end.current?.go(), [chat, tip?.key]);

  return (
    <div class="chat">
      <div class="scroller" ref={scroller} tabIndex={-1}>
        <div class="turns" ref={content}>
          {path.length === 0 && <Welcome />}
          {path.map((turn, index) => (
            <TurnView key={turn.key} turn={turn} next={path[index + 1]} />
          ))}
        </div>
      </div>
      {isAway.value && path.length > 0 && (
        <button type="button" class="to-end" aria-label="To the end" onClick={() => end.current?.go()}>
          <Icon node={ArrowDown} size={18} />
        </button>
      )}
      <Composer />
    </div>
  );
}
