import { useEffect } from "preact/hooks";
import { ChatView } from "../chat/chat-view.tsx";
import { Announcer } from "../ui/announce.tsx";
import { KeepingNotice } from "./keeping-notice.tsx";
import { KeyDialog } from "./key-dialog.tsx";
import { isKeyOpen, panel } from "./layout.ts";
import { lazy } from "./lazy.tsx";
import { route } from "./router.ts";
import { listenToKeys } from "./shortcuts.ts";
import { Sidebar } from "./sidebar.tsx";
import { Topbar } from "./topbar.tsx";

const Settings = lazy(() => import("../settings/settings-panel.tsx").then(({ SettingsPanel }) => SettingsPanel));
const Inspector = lazy(() => import("../inspector/inspector.tsx").then(({ Inspector: view }) => view));
const Overview = lazy(() => import("../overview/overview.tsx").then(({ Overview: view }) => view));

export function App() {
  useEffect(listenToKeys, []);
  const isChat = route.value.page === "chat";
  const beside = isChat ? panel.value : "none";
  return (
    <>
      <a class="skip" href={isChat ? "#input" : "#main"} onClick={skip}>
        {isChat ? "Skip to the message" : "Skip to the figures"}
      </a>
      <div class={`app beside-${beside}`}>
        <Sidebar />
        <main id="main" tabIndex={-1}>
          <div>
            <Topbar />
            <KeepingNotice />
          </div>
          {isChat ? <ChatView /> : <Overview />}
        </main>
        {beside === "settings" && <Settings />}
        {beside === "inspector" && <Inspector />}
      </div>
      {isKeyOpen.value && <KeyDialog />}
      <Announcer />
    </>
  );
}

/** The address is the router's: a jump by it would leave the chat. */
function skip(event: Event): void {
  event.preventDefault();
  (document.getElementById("input") ?? document.getElementById("main"))?.focus();
}
