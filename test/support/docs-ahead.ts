/**
 * What the docs describe of 0.2.0 and this tree does not have yet: each of these features comes with its own page. What
 * is here already is checked like all else, so an entry that stays does no harm; this file goes when all is in.
 */
export const ahead: Record<"pages" | "settings" | "formerBindings" | "routes", readonly string[]> = {
  pages: ["docs/tools.md", "docs/websocket.md"],
  settings: [
    "REASONING_STREAM",
    "WEBHOOK_URL",
    "WEBHOOK_SECRET",
    "WEBSOCKET",
    "WEBSOCKET_BUFFER_BYTES",
    "THREADS",
    "RESPONSE_INDEX",
    "RUNS",
  ],
  formerBindings: ["RESPONSES", "CONVERSATIONS"],
  routes: ["GET /v1/responses"],
};
