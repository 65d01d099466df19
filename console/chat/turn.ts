import { signal } from "@preact/signals";
import type { CallError } from "../api/call-error.ts";
import { type JsonObject, readNumber, readObject, readObjects, readText } from "../api/json.ts";
import type { WireEvent } from "../api/read-events.ts";
import { Entry, isFunctionCall, readMessage } from "./entry.ts";

/**
 * `unloaded`: known by its id only. `lost`: the Worker no longer has it. `left`: a background run that goes on without
 * this page listening.
 */
export type TurnState = "unloaded" | "waiting" | "streaming" | "done" | "stopped" | "failed" | "left" | "lost";

/** An event as it arrived, in milliseconds since the request was sent. */
export interface ArrivedEvent {
  at: number;
  event: WireEvent;
}

/** Milliseconds since the request was sent; undefined until it happened. */
export interface Timing {
  head?: number;
  firstReasoning?: number;
  firstText?: number;
  end?: number;
}

let nextKey = 1;

/** One request and its answer. Turns form a tree: an edited message or a second answer is a sibling. */
export class Turn {
  /** Its name on this page. */
  readonly key = nextKey++;
  readonly parent: Turn | undefined;
  readonly state = signal<TurnState>("waiting");
  /** The response's id, once it is known. */
  readonly id = signal("");
  /** The input items that were new in this turn. */
  readonly input = signal<readonly JsonObject[]>([]);
  /** The request as it was sent; undefined for a turn that was loaded. */
  request: JsonObject | undefined;
  /** The frame that it was sent in, over a WebSocket. */
  frame: JsonObject | undefined;
  readonly entries = signal<readonly Entry[]>([]);
  /** The final Response. */
  response: JsonObject | undefined;
  readonly error = signal<CallError | undefined>(undefined);
  /** Results of calls and decisions on approvals, by the item's id, until all are there and can be sent. */
  readonly answers = signal<ReadonlyMap<string, JsonObject>>(new Map());
  warnings: string[] = [];
  /** The model that answers. */
  model = "";
  status = 0;
  headers: ReadonlyMap<string, string> = new Map();
  readonly timing: Timing = {};
  readonly events: ArrivedEvent[] = [];
  /** Counts what arrives, for those who look at `events` and `timing`. */
  readonly arrivals = signal(0);
  /** True where the Worker keeps it, so that the next turn can name it. */
  isStored = false;
  isBackground = false;
  /** When the request was sent, by the page's clock. */
  readonly sentAt = performance.now();
  /** Ends the call under way. */
  readonly abort = new AbortController();

  constructor(parent?: Turn, id = "") {
    this.parent = parent;
    this.id.value = id;
  }

  get isLive(): boolean {
    return this.state.value === "waiting" || this.state.value === "streaming";
  }

  /** The turns from the first to this one. */
  get path(): Turn[] {
    return this.parent === undefined ? [this] : [...this.parent.path, this];
  }

  get output(): JsonObject[] {
    return this.entries.value.map(({ item }) => item);
  }

  /** The output as a later request may bring it: of an answer that was stopped, what was finished and what was said. */
  get history(): JsonObject[] {
    if (this.state.value === "done") return this.output;
    const entries = this.entries.value.filter(
      ({ item, endedAt, type }) => endedAt !== undefined || (type === "message" && readMessage(item) !== ""),
    );
    return entries.map(({ item }) => item);
  }

  /** All that the model says in its messages. */
  get text(): string {
    const messages = this.output.filter((item) => item["type"] === "message").map(readMessage);
    return messages.filter((part) => part !== "").join("\n\n");
  }

  /** The calls that want a result from this page before anything else is said. */
  get openCalls(): JsonObject[] {
    return this.output.filter(isFunctionCall);
  }

  /** MCP calls that wait for a person's yes or no. */
  get openApprovals(): JsonObject[] {
    return this.output.filter((item) => item["type"] === "mcp_approval_request");
  }

  /** The `text.format` that the answer has to fit; undefined for plain text. */
  get format(): JsonObject | undefined {
    const format = readObject(readObject((this.request ?? this.response)?.["text"])["format"]);
    return format["type"] === "json_schema" || format["type"] === "json_object" ? format : undefined;
  }

  /** Takes a whole Response. Entries that have grown keep their times. */
  take(response: JsonObject): void {
    this.response = response;
    this.id.value = readText(response["id"]) || this.id.value;
    this.model = readText(response["model"]) || this.model;
    const old = this.entries.value;
    const output = readObjects(response["output"]);
    // A failure may come without what had been said.
    if (output.length === 0 && response["status"] === "failed") return;
    this.entries.value = output.map((item, index) => {
      const entry = old[index] ?? new Entry(item);
      entry.item = item;
      entry.revision.value += 1;
      return entry;
    });
  }

  get usage() {
    return readUsage(readObject(this.response?.["usage"]));
  }
}

export interface Usage {
  input: number;
  cached: number;
  output: number;
  reasoning: number;
}

/** Native mode passes on what upstream counts: some of it may be missing, or under Chat Completions' names. */
export function readUsage(usage: JsonObject): Usage | undefined {
  const input = readNumber(usage["input_tokens"]) ?? readNumber(usage["prompt_tokens"]);
  const output = readNumber(usage["output_tokens"]) ?? readNumber(usage["completion_tokens"]);
  if (input === undefined || output === undefined) return undefined;
  return {
    input,
    output,
    cached: readNumber(readObject(usage["input_tokens_details"])["cached_tokens"]) ?? 0,
    reasoning: readNumber(readObject(usage["output_tokens_details"])["reasoning_tokens"]) ?? 0,
  };
}
