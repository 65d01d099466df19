import { useSignal } from "@preact/signals";
import { Search } from "lucide";
import { useMemo, useRef } from "preact/hooks";
import type { Turn } from "../chat/turn.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { countOf, formatDuration } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { JsonTree } from "../ui/json-tree.tsx";
import { LongText } from "../ui/long-text.tsx";
import { describeGroup, type EventGroup, groupEvents, matchesGroup } from "./group-events.ts";
import { VirtualList } from "./virtual-list.tsx";

/** The events of a turn as they arrive: runs of deltas in one line, the chosen line in full beneath. */
export function EventsView({ turn }: { turn: Turn }) {
  const search = useSignal("");
  const chosen = useSignal<EventGroup | undefined>(undefined);
  const known = useRef<{ turn: Turn; count: number; groups: EventGroup[] }>(undefined);
  if (known.current?.turn !== turn) known.current = { turn, count: 0, groups: [] };
  // Read, so that the list is drawn again as events arrive.
  void turn.arrivals.value;
  const { groups } = known.current;
  groupEvents(groups, turn.events, known.current.count);
  known.current.count = turn.events.length;
  const wanted = search.value.trim().toLowerCase();
  const shown = useMemo(
    () => (wanted === "" ? groups : groups.filter((group) => matchesGroup(group, wanted))),
    [wanted, groups, turn.events.length],
  );
  if (turn.events.length === 0) {
    return (
      <p class="empty">
        {turn.request === undefined
          ? "This turn was made before the page was loaded."
          : "No events: the answer came as one document."}
      </p>
    );
  }
  return (
    <div class="events">
      <div class="bar">
        <label class="search">
          <Icon node={Search} size={14} />
          <input
            type="search"
            aria-label="Search the events"
            placeholder="Search"
            value={search.value}
            onInput={({ currentTarget }) => (search.value = currentTarget.value)}
          />
        </label>
        <span class="note">{countOf(turn.events.length, "event")}</span>
        <CopyButton
          label="Copy the events"
          text="Copy"
          read={() => turn.events.map(({ event }) => JSON.stringify(event)).join("\n")}
        />
      </div>
      <VirtualList
        count={shown.length}
        rowHeight={44}
        label="Events"
        follows={turn.isLive}
        row={(index) => {
          const group = shown[index];
          if (group === undefined) return undefined;
          return (
            <button
              type="button"
              class="event-row"
              aria-pressed={group === chosen.value}
              onClick={() => (chosen.value = group === chosen.value ? undefined : group)}
            >
              <time>{formatDuration(group.at)}</time>
              <span class="event-type">{group.type.replace(/^response\./, "")}</span>
              {group.events.length > 1 && <span class="count">× {group.events.length}</span>}
              <span class="event-about">{describeGroup(group)}</span>
            </button>
          );
        }}
      />
      {chosen.value !== undefined && <Detail group={chosen.value} />}
    </div>
  );
}

function Detail({ group }: { group: EventGroup }) {
  const [first] = group.events;
  return (
    <section class="event-detail" aria-label="The chosen event" tabIndex={0}>
      {group.events.length > 1 && <LongText text={describeGroup(group, Infinity)} />}
      {group.events.length > 1 && <p class="label">The first of {group.events.length}</p>}
      <JsonTree value={first?.event} />
    </section>
  );
}
