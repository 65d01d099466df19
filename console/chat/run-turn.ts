import { CallError, errorFromBody, toCallError } from "../api/call-error.ts";
import { type JsonObject, readNumber, readObject, readText, readTexts } from "../api/json.ts";
import type { WireEvent } from "../api/read-events.ts";
import { callOverSocket, terminalEvents, writeFrame } from "../api/socket.ts";
import { callOverHttp, type Happening } from "../api/stream.ts";
import { announce } from "../ui/announce.tsx";
import type { Entry } from "./entry.ts";
import { foldEvent } from "./fold-event.ts";
import type { Turn } from "./turn.ts";

/** How often a background run's stream is taken up again after it broke, before the page gives up. */
const maxResumes = 5;

interface Run {
  body: JsonObject;
  /** Names the socket of the chat; empty for HTTP. */
  socket: string;
  /** Called whenever something has come and the response has an id. */
  onId: () => void;
}

/** Sends a turn's request and fills the turn with what comes back. Never rejects: an error is the turn's. */
export async function runTurn(turn: Turn, { body, socket, onId }: Run): Promise<void> {
  const { signal } = turn.abort;
  turn.request = body;
  turn.model = readText(body["model"]);
  announce("Waiting for the answer.");
  if (socket === "") {
    return settle(turn, consume(turn, callOverHttp({ path: "/responses", method: "POST", body, signal }), onId));
  }
  turn.frame = writeFrame(body);
  await settle(turn, consume(turn, callOverSocket({ chat: socket, frame: turn.frame, signal }), onId));
}

/** Follows a background run from the event after the last that this page has seen. */
export async function resumeTurn(turn: Turn): Promise<void> {
  turn.state.value = turn.entries.value.length === 0 ? "waiting" : "streaming";
  await settle(turn, follow(turn));
}

async function follow(turn: Turn): Promise<void> {
  const last = readNumber(turn.events.at(-1)?.event["sequence_number"]);
  const after = last === undefined ? "" : `&starting_after=${last}`;
  const path = `/responses/${encodeURIComponent(turn.id.value)}?stream=true${after}`;
  await consume(turn, callOverHttp({ path, signal: turn.abort.signal }), () => {});
}

/** Waits for the end and makes it the turn's state. A background run goes on without us: its stream is taken up again. */
async function settle(turn: Turn, run: Promise<void>): Promise<void> {
  let attempt = run;
  for (let resumes = 0; ; resumes++) {
    try {
      await attempt;
      return finish(turn);
    } catch (error) {
      if (turn.abort.signal.aborted) return stop(turn);
      const failure = toCallError(error);
      const canResume = turn.isBackground && turn.id.value !== "" && failure.code === "broken_off";
      if (!canResume || resumes >= maxResumes) return failTurn(turn, failure);
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** resumes));
      attempt = follow(turn);
    }
  }
}

async function consume(turn: Turn, happenings: AsyncIterable<Happening>, onId: () => void): Promise<void> {
  const screen = new Screen(turn);
  let failure: CallError | undefined;
  try {
    for await (const happening of happenings) {
      const at = performance.now() - turn.sentAt;
      if (happening.kind === "head") takeHead(turn, happening, at);
      if (happening.kind === "response") turn.take(happening.response);
      if (happening.kind === "events") {
        for (const event of happening.events) {
          takeEvent(turn, event, at, screen);
          // Thrown once the stream has ended: what follows an error belongs to the inspector.
          if (event.type === "error") failure = errorFromBody(event, { message: "The answer failed." });
        }
        screen.refresh();
      }
      if (happening.kind !== "head" && turn.id.value !== "") onId();
    }
  } finally {
    screen.flush();
  }
  turn.timing.end ??= performance.now() - turn.sentAt;
  if (failure !== undefined && turn.response?.["status"] !== "completed") throw failure;
  if (turn.response === undefined) {
    throw new CallError({ message: "The connection broke before the answer was complete.", code: "broken_off" });
  }
}

function takeHead(turn: Turn, { status, headers }: Happening & { kind: "head" }, at: number): void {
  turn.timing.head ??= at;
  turn.status = status;
  turn.headers = headers;
  turn.model = headers.get("x-fallback-model") ?? turn.model;
  turn.warnings = readWarnings(headers.get("warning") ?? "");
}

function takeEvent(turn: Turn, event: WireEvent, at: number, screen: Screen): void {
  turn.events.push({ at, event });
  // Over a WebSocket they stand in the first event.
  turn.warnings.push(...readTexts(event["warnings"]));
  const response = readObject(event["response"]);
  if (terminalEvents.has(event.type)) {
    turn.timing.end = at;
    // Entries keep their times only once they are the turn's.
    screen.flush();
    turn.take(response);
    return;
  }
  turn.id.value ||= readText(response["id"]);
  if (event.type.startsWith("response.reasoning") && event.type.endsWith(".delta")) turn.timing.firstReasoning ??= at;
  else if (event.type.endsWith(".delta")) turn.timing.firstText ??= at;
  const entry = foldEvent(screen.entries, event, at);
  if (entry !== undefined) screen.touch(entry);
}

/** Brings what has arrived to the screen once a frame, however many events come between two of them. */
class Screen {
  readonly entries: Entry[];
  readonly #turn: Turn;
  readonly #touched = new Set<Entry>();
  #isWaiting = false;

  constructor(turn: Turn) {
    this.#turn = turn;
    this.entries = [...turn.entries.value];
  }

  touch(entry: Entry): void {
    this.#touched.add(entry);
  }

  refresh(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    // A hidden page has no frames.
    if (document.hidden) setTimeout(() => this.flush(), 100);
    else requestAnimationFrame(() => this.flush());
  }

  flush(): void {
    this.#isWaiting = false;
    const turn = this.#turn;
    if (turn.response === undefined && this.entries.length !== turn.entries.value.length) {
      turn.entries.value = this.entries.filter(() => true);
    }
    for (const entry of this.#touched) entry.revision.value += 1;
    this.#touched.clear();
    if (turn.state.value === "waiting" && turn.entries.value.length > 0) turn.state.value = "streaming";
    turn.arrivals.value += 1;
  }
}

function finish(turn: Turn): void {
  turn.arrivals.value += 1;
  const { response } = turn;
  if (response?.["status"] === "failed") {
    return failTurn(turn, errorFromBody(response["error"], { message: "The model failed.", code: "failed" }));
  }
  if (response?.["status"] === "cancelled") return stop(turn);
  turn.state.value = "done";
  const said = turn.text;
  announce(said.length > 600 ? `The answer is complete: ${said.length} characters.` : `Answer: ${said}`);
}

function stop(turn: Turn): void {
  turn.timing.end ??= performance.now() - turn.sentAt;
  turn.state.value = "stopped";
  announce("Stopped.");
}

/** Ends a turn with an error. */
export function failTurn(turn: Turn, error: CallError): void {
  turn.timing.end ??= performance.now() - turn.sentAt;
  turn.error.value = error;
  turn.state.value = "failed";
  announce(`Error: ${error.message}`);
}

/** What the Worker left out or changed, by its `warning` header: `299 - "…", 299 - "…"`. */
function readWarnings(header: string): string[] {
  return [...header.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replaceAll(/\\(.)/g, "$1"));
}
