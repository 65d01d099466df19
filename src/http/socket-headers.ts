/** Before the key in a subprotocol, as OpenAI's Realtime API has it. */
const keyPrefix = "openai-insecure-api-key.";

/** The subprotocol that is agreed on where a client offers it: a browser ends a connection at which none of its own is. */
const responsesProtocol = "responses";

/** Whether a request asks for a WebSocket. */
export function isUpgrade(headers: Headers): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}

/**
 * The key a request presents, as the value of `Authorization`. A browser can't set that header when it opens a WebSocket:
 * there a subprotocol `openai-insecure-api-key.<key>` stands in its place.
 */
export function readAuthorization(headers: Headers): string | undefined {
  const authorization = headers.get("authorization");
  if (authorization !== null) return authorization;
  const offered = readProtocols(headers).find((protocol) => protocol.startsWith(keyPrefix));
  return offered === undefined ? undefined : `Bearer ${offered.slice(keyPrefix.length)}`;
}

/** The headers of the answer that agree on a subprotocol. Never the one that has the key. */
export function agreeOnProtocol(headers: Headers): Record<string, string> {
  return readProtocols(headers).includes(responsesProtocol) ? { "sec-websocket-protocol": responsesProtocol } : {};
}

function readProtocols(headers: Headers): string[] {
  if (!isUpgrade(headers)) return [];
  return (headers.get("sec-websocket-protocol") ?? "").split(",").map((protocol) => protocol.trim());
}
