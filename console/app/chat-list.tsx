import { useSignal } from "@preact/signals";
import { Ellipsis, Pencil, Trash2 } from "lucide";
import { type KeptChat, library } from "../chat/library.ts";
import { currentChat, deleteChat, renameChat } from "../chat/manage-chats.ts";
import { Dialog } from "../ui/dialog.tsx";
import { countOf } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { route, showRoute, writeRoute } from "./router.ts";

/** The chats of this browser, by day. */
export function ChatList({ onChoose }: { onChoose: () => void }) {
  const search = useSignal("");
  const wanted = search.value.trim().toLowerCase();
  const chats = library.value.filter(({ title }) => title.toLowerCase().includes(wanted));
  return (
    <div class="chats">
      {library.value.length > 8 && (
        <input
          type="search"
          aria-label="Search the chats"
          placeholder="Search"
          value={search.value}
          onInput={({ currentTarget }) => (search.value = currentTarget.value)}
        />
      )}
      {groupByDay(chats).map(({ name, members }) => (
        <section key={name} aria-label={name}>
          <h2>{name}</h2>
          <ul>
            {members.map((chat) => (
              <ChatRow key={chat.id} chat={chat} onChoose={onChoose} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function ChatRow({ chat, onChoose }: { chat: KeptChat; onChoose: () => void }) {
  const mode = useSignal<"" | "menu" | "rename" | "delete">("");
  const isCurrent = route.value.page === "chat" && currentChat.value.id.value === chat.id;
  const target = { page: "chat", id: chat.id } as const;
  if (mode.value === "rename") return <RenameRow chat={chat} onEnd={() => (mode.value = "")} />;
  return (
    <li class={isCurrent ? "current" : ""}>
      <a
        class="row"
        href={writeRoute(target)}
        title={chat.title}
        {...(isCurrent && { "aria-current": "page" as const })}
        onClick={(event) => {
          event.preventDefault();
          onChoose();
          showRoute(target);
        }}
      >
        {chat.title}
      </a>
      <button
        type="button"
        class="ghost more"
        aria-label={`More for ${chat.title}`}
        aria-expanded={mode.value === "menu"}
        onClick={() => (mode.value = mode.value === "menu" ? "" : "menu")}
      >
        <Icon node={Ellipsis} size={16} />
      </button>
      {mode.value === "menu" && (
        <div
          class="menu-box"
          onKeyDown={(event) => event.key === "Escape" && (event.stopPropagation(), (mode.value = ""))}
        >
          <button type="button" class="row" onClick={() => (mode.value = "rename")}>
            <Icon node={Pencil} size={15} /> Rename
          </button>
          <button type="button" class="row danger" onClick={() => (mode.value = "delete")}>
            <Icon node={Trash2} size={15} /> Delete
          </button>
        </div>
      )}
      {mode.value === "delete" && <DeleteDialog chat={chat} onEnd={() => (mode.value = "")} />}
    </li>
  );
}

function RenameRow({ chat, onEnd }: { chat: KeptChat; onEnd: () => void }) {
  const rename = (title: string) => {
    renameChat(chat.id, title);
    onEnd();
  };
  return (
    <li>
      <input
        class="rename"
        aria-label="Title"
        ref={(field) => field?.select()}
        defaultValue={chat.title}
        onBlur={({ currentTarget }) => rename(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") rename(event.currentTarget.value);
          if (event.key === "Escape") onEnd();
          event.stopPropagation();
        }}
      />
    </li>
  );
}

function DeleteDialog({ chat, onEnd }: { chat: KeptChat; onEnd: () => void }) {
  return (
    <Dialog title="Delete this chat?" onClose={onEnd}>
      <p>
        <strong>{chat.title}</strong> and its {countOf(chat.turns.length, "answer")} are deleted here and on the Worker.
        This can't be undone.
      </p>
      <div class="actions">
        <button type="button" onClick={onEnd}>
          Keep it
        </button>
        <button type="button" class="danger-button" onClick={() => void deleteChat(chat.id)}>
          Delete
        </button>
      </div>
    </Dialog>
  );
}

interface Group {
  name: string;
  members: KeptChat[];
}

function groupByDay(chats: readonly KeptChat[]): Group[] {
  const today = new Date().setHours(0, 0, 0, 0);
  const day = 86_400_000;
  const nameOf = ({ updatedAt }: KeptChat) =>
    updatedAt >= today
      ? "Today"
      : updatedAt >= today - day
        ? "Yesterday"
        : updatedAt >= today - 7 * day
          ? "Last week"
          : "Earlier";
  return ["Today", "Yesterday", "Last week", "Earlier"]
    .map((name) => ({ name, members: chats.filter((chat) => nameOf(chat) === name) }))
    .filter(({ members }) => members.length > 0);
}
