import { createParser } from "eventsource-parser";

export interface WireEvent {
  [key: string]: unknown;
  type: string;
  sequence_number: number;
}

/** Reads the text of an event stream. Asserts nothing but what makes it readable: `event:` equals `type`, `[DONE]` last. */
export function readEvents(text: string): WireEvent[] {
  const events: WireEvent[] = [];
  let done = false;
  const parser = createParser({
    onEvent({ event, data }) {
      if (done) throw new Error(`an event after [DONE]: ${data}`);
      if (data === "[DONE]") {
        done = true;
        return;
      }
      const parsed = JSON.parse(data) as WireEvent;
      if (parsed.type !== event) throw new Error(`event: ${String(event)} carries type ${parsed.type}`);
      events.push(parsed);
    },
  });
  parser.feed(text);
  if (!done) throw new Error("the stream has no [DONE]");
  return events;
}
