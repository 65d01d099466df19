import { waitUntil } from "cloudflare:workers";
import { type Config, readConfig } from "../config.ts";
import { MemoryHold } from "../http/hold-memory.ts";
import { toApiError } from "../to-api-error.ts";
import { ClientSocket, measure } from "./client-socket.ts";
import { areSpent, type Subrequests } from "./count-subrequests.ts";
import { connectionLimitReached, refuseSteer, renderErrorFrame } from "./frame-errors.ts";
import { HeldContexts, type LaneName } from "./held-contexts.ts";
import { type ClientFrame, readFrame } from "./read-frame.ts";
import { reportTurn } from "./report-turn.ts";
import { type Opening, runTurn, type Session } from "./run-turn.ts";
import { Slots } from "./slots.ts";
import { TurnQueue } from "./turn-queue.ts";

/** How long a connection lives, in milliseconds. */
const longestLife = 3_600_000;

/** Turns of a connection that call upstream at once. A Worker opens six connections at most, and needs some for storage. */
const mostUpstreamTurns = 4;

/** A `response.create` frame on its way to its turn. */
interface Waiting {
  requestId: string;
  lane: LaneName;
  /** What was read of it when it came; or its text, which is smaller, for a frame that waits. */
  frame: ClientFrame | string;
  /** Its part of the isolate's memory, until its answer begins. */
  memory: MemoryHold;
}

/**
 * A WebSocket from its opening to its end: takes the client's frames, and gives each its turn. It ends when either side
 * closes it, after an hour, and before it runs out of subrequests.
 */
export class Connection {
  readonly #opening: Opening;
  readonly #config: Config;
  readonly #socket: ClientSocket;
  readonly #session: Session;
  readonly #queue: TurnQueue;
  readonly #running = new Set<AbortController>();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #ended = Promise.withResolvers<void>();
  readonly #taken: Subrequests = { services: 0, web: 0 };
  #frames = 0;
  #isRetiring = false;

  constructor(socket: WebSocket, opening: Opening, lifeMs = longestLife) {
    this.#opening = opening;
    this.#config = readConfig(opening.bindings);
    const { maxBodyBytes, websocketBufferBytes: mostUnanswered } = this.#config;
    this.#socket = new ClientSocket(socket, { mostUnanswered, onClose: () => this.#end() });
    this.#queue = new TurnQueue(maxBodyBytes);
    this.#session = {
      opening,
      held: new HeldContexts(maxBodyBytes),
      upstreamSlots: new Slots(mostUpstreamTurns),
    };
    this.#timer = setTimeout(() => this.#retire(), lifeMs);
    // When its client leaves, the runtime drops what nobody waits for: the turns' ends, and their lines in the log.
    waitUntil(this.#ended.promise);
    socket.addEventListener("message", ({ data }) => this.#take(data));
    socket.addEventListener("close", () => this.#socket.close(1000, ""));
    socket.addEventListener("error", () => this.#socket.close(1011, ""));
  }

  #take(data: unknown): void {
    if (this.#socket.isClosed) return;
    if (typeof data !== "string") return this.#socket.close(1003, "Frames must be text.");
    const bytes = measure(data);
    if (bytes > this.#config.maxBodyBytes) {
      return this.#socket.close(1009, "The frame is larger than MAX_BODY_BYTES.");
    }
    this.#frames += 1;
    const requestId = `${this.#opening.requestId}-${this.#frames}`;
    const memory = new MemoryHold();
    let lane: LaneName;
    try {
      const frame = readFrame(data, this.#opening.mode, (name) => (lane = name));
      // Its answer is as long as itself: a client that only steers may never have read one.
      if (frame.type === "response.steer") return this.#socket.send(refuseSteer(frame.steer));
      this.#socket.hear();
      if (this.#isRetiring) throw connectionLimitReached();
      const waiting: Waiting = { requestId, lane, frame, memory };
      memory.take(bytes);
      if (this.#queue.add(lane, bytes, () => this.#run(waiting))) waiting.frame = data;
    } catch (thrown) {
      memory.release();
      this.#turnAway(thrown, { requestId, lane });
    }
  }

  /** Gives a frame its turn. */
  async #run({ requestId, lane, frame, memory }: Waiting): Promise<void> {
    if (this.#socket.isClosed || this.#isRetiring) {
      memory.release();
      if (this.#isRetiring) this.#turnAway(connectionLimitReached(), { requestId, lane });
      return;
    }
    const read = typeof frame === "string" ? readFrame(frame, this.#opening.mode) : frame;
    if (read.type !== "response.create") return;
    const leaving = new AbortController();
    this.#running.add(leaving);
    const { error, subrequests } = await runTurn(this.#session, {
      ...read,
      requestId,
      memory,
      signal: leaving.signal,
      begin: () => memory.release(),
      send: (event) => this.#socket.sendEvent(event),
    });
    memory.release();
    this.#running.delete(leaving);
    // Upstream of a turn that failed may still be open, and nothing else ends it while the connection lives.
    leaving.abort();
    if (error !== undefined) this.#socket.refuse(error, lane);
    this.#taken.services += subrequests.services;
    this.#taken.web += subrequests.web;
    if (this.#socket.isClosed) this.#end();
    else if (this.#isRetiring || areSpent(this.#taken)) this.#retire();
  }

  /** Refuses a frame that has no turn. */
  #turnAway(thrown: unknown, { requestId, lane }: { requestId: string; lane: LaneName }): void {
    const error = toApiError(thrown, requestId);
    reportTurn(this.#opening, { requestId, caller: this.#opening.caller, error });
    this.#socket.refuse(error, lane);
  }

  /** Takes no more turns, and closes when those that run have ended. */
  #retire(): void {
    this.#isRetiring = true;
    if (this.#running.size > 0) return;
    this.#socket.send(renderErrorFrame(connectionLimitReached(), undefined));
    this.#socket.close(1000, "The connection has lived as long as it may.");
  }

  /** The WebSocket is closed: cancels the turns that run, and lets the invocation end after them. */
  #end(): void {
    clearTimeout(this.#timer);
    for (const turn of this.#running) turn.abort();
    this.#session.held.clear();
    if (this.#running.size === 0) this.#ended.resolve();
  }
}
