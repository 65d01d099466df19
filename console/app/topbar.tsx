import { Activity, Menu, SlidersHorizontal } from "lucide";
import { library } from "../chat/library.ts";
import { currentChat } from "../chat/manage-chats.ts";
import { Icon } from "../ui/icon.tsx";
import { isListOpen, panel, togglePanel } from "./layout.ts";
import { route } from "./router.ts";

export function Topbar() {
  const isChat = route.value.page === "chat";
  const title = isChat ? titleOfChat() : "Overview";
  return (
    <header class="topbar">
      <button
        type="button"
        class="ghost menu"
        aria-label="Chats"
        aria-expanded={isListOpen.value}
        onClick={() => (isListOpen.value = !isListOpen.value)}
      >
        <Icon node={Menu} size={19} />
      </button>
      {isChat && title !== "" ? <h1 class="topbar-title">{title}</h1> : <p class="topbar-title">{title}</p>}
      {isChat && (
        <div class="topbar-actions">
          <button
            type="button"
            class="ghost"
            aria-pressed={panel.value === "inspector"}
            aria-label="Inspector"
            title="Inspector (Ctrl I)"
            onClick={() => togglePanel("inspector")}
          >
            <Icon node={Activity} size={18} />
          </button>
          <button
            type="button"
            class="ghost"
            aria-pressed={panel.value === "settings"}
            aria-label="Settings"
            title="Settings (Ctrl ,)"
            onClick={() => togglePanel("settings")}
          >
            <Icon node={SlidersHorizontal} size={18} />
          </button>
        </div>
      )}
    </header>
  );
}

function titleOfChat(): string {
  const { id, path } = currentChat.value;
  const kept = library.value.find((chat) => chat.id === id.value);
  return kept?.title ?? (path.value.length === 0 ? "" : "Not kept: a reload forgets this chat");
}
