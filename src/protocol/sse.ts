/** What OpenAI's streams end with, after the terminal event. */
export const SSE_DONE = "data: [DONE]\n\n";

/** A comment: every SSE reader skips it, and every proxy sees that the connection lives. */
export const SSE_KEEP_ALIVE = ": keep-alive\n\n";

/** Turns one event into its text on the wire. JSON escapes line ends, so the data is always one line. */
export function renderEvent(event: { type: string; sequence_number: number }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
