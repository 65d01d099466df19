import { basePath } from "./base.ts";
import { CallError, errorFromBody } from "./call-error.ts";
import { type JsonObject, parseJson, readNumber } from "./json.ts";
import { apiKey } from "./keys.ts";
import { readEvent, type WireEvent } from "./read-events.ts";
import type { Happening } from "./stream.ts";

/** The events that end a response. */
export const terminalEvents: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
]);

/** Open sockets, one for each chat: the Worker keeps a chat's context as long as its socket is open. */
const sockets = new Map<string, WebSocket>();

/**
 * Sends a create request over the chat's WebSocket and yields its events as they come. When `signal` aborts, the socket
 * closes, which cancels the turn. Throws `CallError` for an error frame and for a socket that closes too soon.
 */
export async function* callOverSocket({
  chat,
  body,
  signal,
}: {
  chat: string;
  body: JsonObject;
  signal: AbortSignal;
}): AsyncGenerator<Happening, void> {
  const socket = await openSocket(chat);
  signal.addEventListener("abort", () => socket.close(1000), { once: true });
  signal.throwIfAborted();
  const frames = readFrames(socket);
  const { stream: _stream, background: _background, ...rest } = body;
  socket.send(JSON.stringify({ type: "response.create", ...rest }));
  for await (const event of frames) {
    signal.throwIfAborted();
    if (event.type === "error" && event["response"] === undefined) throw readErrorFrame(event);
    yield { kind: "events", events: [event] };
    if (terminalEvents.has(event.type)) return;
  }
  signal.throwIfAborted();
  throw new CallError({ message: "The WebSocket closed before the answer was complete.", code: "broken_off" });
}

function readErrorFrame(event: WireEvent): CallError {
  const status = readNumber(event["status"]) ?? 0;
  return errorFromBody(event, { status, message: "The Worker refused the request." });
}

/** The open socket of a chat, or a new one. A browser can't set headers on a socket: the key goes as a subprotocol. */
async function openSocket(chat: string): Promise<WebSocket> {
  const open = sockets.get(chat);
  if (open?.readyState === WebSocket.OPEN) return open;
  const address = new URL(`${basePath}/responses`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const key = apiKey.value.trim();
  const socket = new WebSocket(address, key === "" ? [] : ["responses", `openai-insecure-api-key.${key}`]);
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.addEventListener("open", () => resolve(true));
    socket.addEventListener("close", () => resolve(false));
  });
  if (!isOpen) {
    throw new CallError({
      code: "socket_refused",
      message: "The Worker refused the WebSocket. Check the key, or switch WebSocket off in the settings.",
    });
  }
  sockets.set(chat, socket);
  return socket;
}

/** Yields the events of a socket until it closes. Listens from the moment it is called. */
function readFrames(socket: WebSocket): AsyncIterable<WireEvent> {
  const waiting: WireEvent[] = [];
  let wake: (() => void) | undefined;
  const listening = new AbortController();
  const { signal } = listening;
  const onMessage = ({ data }: MessageEvent): void => {
    const event = readEvent(typeof data === "string" ? parseJson(data) : undefined);
    if (event !== undefined) waiting.push(event);
    wake?.();
  };
  socket.addEventListener("message", onMessage, { signal });
  socket.addEventListener("close", () => wake?.(), { signal });
  return (async function* read() {
    try {
      for (;;) {
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else if (socket.readyState >= WebSocket.CLOSING) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      listening.abort();
    }
  })();
}
