import { useSignal } from "@preact/signals";
import { X } from "lucide";
import type { JsonObject } from "../api/json.ts";
import { panel } from "../app/layout.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { JsonTree } from "../ui/json-tree.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { CodeView } from "./code-view.tsx";
import { EventsView } from "./events-view.tsx";
import { shownTurn } from "./inspected.ts";
import { TimingView } from "./timing-view.tsx";

const views = ["Events", "Request", "Response", "Code"] as const;

/** What really went over the wire for one turn. */
export function Inspector() {
  const view = useSignal<(typeof views)[number]>("Events");
  const turn = shownTurn.value;
  // Read, so that the documents are drawn again when they are there.
  void turn?.state.value;
  return (
    <aside class="panel inspector" aria-label="Inspector">
      <header class="panel-head">
        <h2>Inspector</h2>
        <button type="button" class="ghost" aria-label="Close the inspector" onClick={() => (panel.value = "none")}>
          <Icon node={X} />
        </button>
      </header>
      {turn !== undefined && <TimingView turn={turn} />}
      <Tabs names={views} chosen={view.value} onChoose={(name) => (view.value = name)}>
        {view.value === "Code" ? (
          <CodeView turn={turn} />
        ) : turn === undefined ? (
          <p class="empty">Send a message, and see here what goes over the wire.</p>
        ) : view.value === "Events" ? (
          <EventsView turn={turn} />
        ) : (
          <Document value={view.value === "Request" ? (turn.frame ?? turn.request) : turn.response} name={view.value} />
        )}
      </Tabs>
    </aside>
  );
}

function Document({ value, name }: { value: JsonObject | undefined; name: string }) {
  if (value === undefined) {
    return (
      <p class="empty">{name === "Request" ? "This turn was sent before the page was loaded." : "Not there yet."}</p>
    );
  }
  return (
    <div class="document">
      <div class="bar">
        <CopyButton label={`Copy the ${name.toLowerCase()}`} text="Copy" read={() => JSON.stringify(value, null, 2)} />
      </div>
      <JsonTree value={value} />
    </div>
  );
}
