import { useSignal } from "@preact/signals";
import { ChevronLeft, ChevronRight, FileText, Pencil } from "lucide";
import { useEffect, useRef } from "preact/hooks";
import { CopyButton } from "../ui/copy-button.tsx";
import { formatBytes } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { LongText } from "../ui/long-text.tsx";
import { type Attachment, buildMessage, readInput } from "./build-input.ts";
import { currentChat } from "./manage-chats.ts";
import type { Turn } from "./turn.ts";

/** What a person said in a turn. Results of calls are shown in the cards of the calls. */
export function UserMessage({ turn }: { turn: Turn }) {
  const isEdited = useSignal(false);
  const { text, attachments } = readInput(turn.input.value);
  if (text === "" && attachments.length === 0) return undefined;
  const chat = currentChat.value;
  if (isEdited.value) {
    const resend = (changed: string) => {
      isEdited.value = false;
      void chat.send([buildMessage(changed, attachments)], turn.parent);
    };
    return <Editor text={text} onSend={resend} onCancel={() => (isEdited.value = false)} />;
  }
  return (
    <div class="user">
      {attachments.length > 0 && <Attachments attachments={attachments} />}
      {text !== "" && (
        <div class="bubble">
          <LongText text={text} />
        </div>
      )}
      <div class="turn-actions">
        <Siblings turn={turn} />
        <CopyButton label="Copy the message" read={() => text} />
        <button
          type="button"
          class="ghost"
          aria-label="Edit the message"
          title="Edit and send again"
          onClick={() => (isEdited.value = true)}
        >
          <Icon node={Pencil} size={15} />
        </button>
      </div>
    </div>
  );
}

export function Attachments({ attachments }: { attachments: readonly Attachment[] }) {
  return (
    <div class="attachments">
      {attachments.map(({ kind, name, bytes, url }, index) =>
        kind === "image" && url.startsWith("data:image/") ? (
          <img key={index} src={url} alt={name} />
        ) : (
          <span key={index} class="chip">
            <Icon node={FileText} size={15} /> {name} <span class="note">{formatBytes(bytes)}</span>
          </span>
        ),
      )}
    </div>
  );
}

/** Leads to the other wordings of a message, and to the other answers. */
function Siblings({ turn }: { turn: Turn }) {
  const chat = currentChat.value;
  const siblings = chat.siblings(turn);
  const index = siblings.indexOf(turn);
  const previous = siblings[index - 1];
  const following = siblings[index + 1];
  if (siblings.length < 2) return undefined;
  return (
    <span class="siblings">
      <button
        type="button"
        class="ghost"
        aria-label="Previous version"
        disabled={previous === undefined}
        onClick={() => previous && chat.show(previous)}
      >
        <Icon node={ChevronLeft} size={15} />
      </button>
      {index + 1} of {siblings.length}
      <button
        type="button"
        class="ghost"
        aria-label="Next version"
        disabled={following === undefined}
        onClick={() => following && chat.show(following)}
      >
        <Icon node={ChevronRight} size={15} />
      </button>
    </span>
  );
}

interface EditorProps {
  text: string;
  onSend: (text: string) => void;
  onCancel: () => void;
}

function Editor({ text, onSend, onCancel }: EditorProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
  }, []);
  const send = () => {
    const changed = field.current?.value.trim() ?? "";
    if (changed !== "") onSend(changed);
  };
  return (
    <form
      class="user editor"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        aria-label="Edit the message"
        rows={3}
        defaultValue={text}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
            event.preventDefault();
            send();
          }
          if (event.key === "Escape") {
            event.stopPropagation();
            onCancel();
          }
        }}
      />
      <div class="actions">
        <button type="button" class="small" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" class="primary small">
          Send again
        </button>
      </div>
    </form>
  );
}
