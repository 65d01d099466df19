/** What ends a stream, after its terminal event (openresponses.org, Streaming). */
export const SSE_DONE = "data: [DONE]\n\n";

/** A comment: every SSE reader skips it, and every proxy sees that the connection lives. */
export const SSE_KEEP_ALIVE = ": keep-alive\n\n";

/** How long a stream may be silent, in milliseconds. Proxies drop a connection after some 30 seconds. */
export const keepAliveMs = 15_000;

/** An event as far as it is rendered. */
export type RenderableEvent = { type: string; sequence_number: number };

/**
 * Turns one event into its text on the wire. JSON escapes line ends, so the data is always one line; a `type` that
 * upstream wrote loses its own, so that it can't begin an event.
 */
export function renderEvent(event: RenderableEvent): string {
  const type =
    event.type.includes("\n") || event.type.includes("\r") ? event.type.replaceAll(/[\r\n]/g, "") : event.type;
  return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
}
