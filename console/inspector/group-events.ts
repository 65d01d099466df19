import { readText } from "../api/json.ts";
import type { ArrivedEvent } from "../chat/turn.ts";

/** Events that are shown in one line: one, or a run of deltas of one item. */
export interface EventGroup {
  type: string;
  /** When the first came, in milliseconds since the request was sent. */
  at: number;
  events: ArrivedEvent[];
}

/** Adds what has come since to the groups; returns the same array. `from` is how many events are in it already. */
export function groupEvents(groups: EventGroup[], events: readonly ArrivedEvent[], from: number): EventGroup[] {
  for (let index = from; index < events.length; index++) {
    const arrived = events[index];
    if (arrived === undefined) break;
    const last = groups.at(-1);
    const { type } = arrived.event;
    const isSame = last?.type === type && last.events[0]?.event["item_id"] === arrived.event["item_id"];
    if (isSame && type.endsWith(".delta")) last.events.push(arrived);
    else groups.push({ type, at: arrived.at, events: [arrived] });
  }
  return groups;
}

/** A line about a group: what its deltas say, or the one thing that tells this event from others of its type. */
export function describeGroup({ type, events }: EventGroup, limit = 160): string {
  if (type.endsWith(".delta")) {
    let text = "";
    for (const { event } of events) {
      text += readText(event["delta"]);
      if (text.length > limit) return `${text.slice(0, limit)}…`;
    }
    return text;
  }
  const [first] = events;
  if (first === undefined) return "";
  const { event } = first;
  const nested = [event["item"], event["response"], event["part"], event["error"]].find((part) => part !== undefined);
  const about: unknown = nested ?? event;
  if (typeof about !== "object" || about === null) return "";
  const fields: Record<string, unknown> = { ...about };
  const words = [fields["type"], fields["name"], fields["status"], fields["id"], fields["message"]].map(readText);
  return words
    .filter((word) => word !== "" && word !== type)
    .join(" · ")
    .slice(0, limit);
}

/** Whether a group has this text in its type or anywhere in its events. `wanted` is lower case. */
export function matchesGroup(group: EventGroup, wanted: string): boolean {
  if (wanted === "" || group.type.includes(wanted)) return true;
  if (group.type.endsWith(".delta") && describeGroup(group, Infinity).toLowerCase().includes(wanted)) return true;
  return group.events.some(({ event }) => JSON.stringify(event).toLowerCase().includes(wanted));
}
