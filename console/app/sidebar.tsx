import { BookOpen, ChartNoAxesColumn, KeyRound, SquarePen } from "lucide";
import { apiKey } from "../api/keys.ts";
import { health } from "../api/worker.ts";
import { startChat } from "../chat/manage-chats.ts";
import { Icon } from "../ui/icon.tsx";
import { ChatList } from "./chat-list.tsx";
import { isKeyOpen, isListOpen } from "./layout.ts";
import { Mark } from "./mark.tsx";
import { route, showRoute } from "./router.ts";
import { ThemeButton } from "./theme-button.tsx";

/** The list of chats and the ways to the other pages. Covers the page on a phone. */
export function Sidebar() {
  return (
    <>
      {isListOpen.value && <div class="shade" onClick={close} />}
      <nav class={`sidebar${isListOpen.value ? " open" : ""}`} aria-label="Chats and pages">
        <div class="brand">
          <Mark size={28} />
          <span>Responses</span>
        </div>
        <a class="row new-chat" href="#/" title="New chat (Ctrl K)" onClick={(event) => lead(event, startChat)}>
          <Icon node={SquarePen} size={17} /> New chat
        </a>
        <ChatList onChoose={close} />
        <div class="sidebar-foot">
          <a
            class="row"
            href="#/overview"
            {...(route.value.page === "overview" && { "aria-current": "page" as const })}
            onClick={(event) => lead(event, () => showRoute({ page: "overview", id: "" }))}
          >
            <Icon node={ChartNoAxesColumn} size={17} /> Overview
          </a>
          <a class="row" href="/reference">
            <Icon node={BookOpen} size={17} /> API reference
          </a>
          <div class="pair-row">
            <button type="button" class="row" onClick={() => (isKeyOpen.value = true)}>
              <Icon node={KeyRound} size={17} /> Keys
              {health.value?.needsKey === true && apiKey.value.trim() === "" && (
                <span class="dot" title="A key is needed" />
              )}
            </button>
            <ThemeButton />
          </div>
          <p class="version">{health.value === undefined ? "\u00a0" : `Version ${health.value.version}`}</p>
        </div>
      </nav>
    </>
  );
}

function close(): void {
  isListOpen.value = false;
}

/** A link that the router follows, not the browser. */
function lead(event: Event, go: () => void): void {
  event.preventDefault();
  close();
  go();
}
