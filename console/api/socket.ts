import { effect } from "@preact/signals";
import { basePath } from "./base.ts";
import { CallError, errorFromBody, toCallError } from "./call-error.ts";
import { type JsonObject, parseJson, readNumber } from "./json.ts";
import { apiKey } from "./keys.ts";
import { readEvent, type WireEvent } from "./read-events.ts";
import { sendJson } from "./send.ts";
import type { Happening } from "./stream.ts";

/** The events that end a response. */
export const terminalEvents: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
]);

/** Sockets by chat, each with the key that opened it: the Worker keeps a chat's context as long as its socket is open. */
const sockets = new Map<string, { socket: WebSocket; key: string }>();

/** The end of the latest turn of each chat. */
const latest = new Map<string, Promise<void>>();

// What is sent after a change of the key has to be sent with the new one.
effect(() => {
  const key = readKey();
  for (const open of sockets.values()) if (open.key !== key) open.socket.close(1000);
});

function readKey(): string {
  return apiKey.value.trim();
}

/** A create request as the frame that asks for it. */
export function writeFrame(body: JsonObject): JsonObject {
  const { stream: _stream, background: _background, ...rest } = body;
  return { type: "response.create", ...rest };
}

interface SocketCall {
  chat: string;
  frame: JsonObject;
  signal: AbortSignal;
}

/**
 * Sends a create request over the chat's WebSocket, when the turn before it has ended, and yields its events as they come,
 * an error frame too. When `signal` aborts, the socket closes, which cancels the turn. Throws `CallError` after an error
 * frame and for a socket that closes too soon.
 */
export async function* callOverSocket(call: SocketCall): AsyncGenerator<Happening, void> {
  const { chat } = call;
  const before = latest.get(chat);
  const over = Promise.withResolvers<void>();
  latest.set(chat, over.promise);
  try {
    // The Worker answers one after the other, and not every event says whose it is.
    await before;
    yield* callAlone(call);
  } finally {
    over.resolve();
    if (latest.get(chat) === over.promise) latest.delete(chat);
  }
}

async function* callAlone({ chat, frame, signal }: SocketCall): AsyncGenerator<Happening, void> {
  signal.throwIfAborted();
  const socket = await openSocket(chat);
  signal.addEventListener("abort", () => socket.close(1000), { once: true });
  signal.throwIfAborted();
  const frames = readFrames(socket);
  socket.send(JSON.stringify(frame));
  for await (const event of frames) {
    signal.throwIfAborted();
    yield { kind: "events", events: [event] };
    // An error inside an answer has no status, and `response.failed` follows it.
    const status = readNumber(event["status"]);
    if (event.type === "error" && status !== undefined) {
      throw errorFromBody(event, { status, message: "The Worker refused the request." });
    }
    if (terminalEvents.has(event.type)) return;
  }
  signal.throwIfAborted();
  throw new CallError({ message: "The WebSocket closed before the answer was complete.", code: "broken_off" });
}

/** The open socket of a chat, or a new one. */
async function openSocket(chat: string): Promise<WebSocket> {
  const open = sockets.get(chat);
  if (open?.socket.readyState === WebSocket.OPEN) return open.socket;
  const key = readKey();
  const socket = connect(key);
  sockets.set(chat, { socket, key });
  socket.addEventListener("close", () => {
    if (sockets.get(chat)?.socket === socket) sockets.delete(chat);
  });
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.addEventListener("open", () => resolve(true));
    socket.addEventListener("close", () => resolve(false));
  });
  if (!isOpen) throw await findRefusal(key);
  return socket;
}

/** A browser can't set headers on a socket: the key goes as a subprotocol. */
function connect(key: string): WebSocket {
  const address = new URL(`${basePath}/responses`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  try {
    return new WebSocket(address, key === "" ? [] : ["responses", `openai-insecure-api-key.${key}`]);
  } catch {
    // A subprotocol has the characters of a token of HTTP, a key may have others.
    throw new CallError({
      code: "socket_key_unsupported",
      message: "This key has a character that a WebSocket can't send. Switch WebSocket off in the settings.",
    });
  }
}

/** Why the Worker refused a socket. A browser doesn't say it, and an answer to a request with the same key may. */
async function findRefusal(key: string): Promise<CallError> {
  try {
    await sendJson({ path: "/models", key });
  } catch (error) {
    return toCallError(error);
  }
  return new CallError({
    code: "socket_refused",
    message: "The Worker refused the WebSocket. Switch WebSocket off in the settings, and send again.",
  });
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
