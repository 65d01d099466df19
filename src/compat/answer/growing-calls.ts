import type { HostedCall, HostedTool } from "../../hosted/hosted-tool.ts";
import { type CallStart, CallWriter } from "../../protocol/call-writer.ts";
import { createId, createItemId } from "../../protocol/ids.ts";
import { tryParse } from "../../protocol/json.ts";
import type { ResponseBuilder } from "../../protocol/response-builder.ts";
import { invalidAnswer } from "../../workers-ai/errors.ts";
import type { OfferedTool } from "../translation.ts";
import type { CallFragment } from "./read-chunk.ts";
import { InputReader } from "./read-input.ts";

/** A call of one of the client's tools. A custom tool's arguments are read as the input that they wrap. */
interface ClientCall {
  owner: "client";
  writer: CallWriter;
  input: InputReader | undefined;
  /** The arguments as the model wrote them. */
  raw: string;
}

/** A call of a hosted tool. */
export interface MadeHostedCall {
  owner: "hosted";
  tool: HostedTool;
  /** Its name as the model knows it. */
  name: string;
  /** Undefined for one that has no item yet: it waits for the user's approval, or no more calls are allowed. */
  call: HostedCall | undefined;
  /** Whether it was one too many. */
  isOver: boolean;
  /** Of its item, or of the call where there is none. */
  id: string;
  raw: string;
}

/** A call that has its name. */
type OpenCall = ClientCall | MadeHostedCall;

interface KnownCall {
  id: string;
  whole: boolean;
  /** Arguments that came before the name. */
  waiting: string;
  /** Undefined until its name is known. */
  open: OpenCall | undefined;
}

/** The tool calls of one round while they grow side by side. */
export class GrowingCalls {
  readonly #tools: ReadonlyMap<string, OfferedTool>;
  readonly #builder: ResponseBuilder;
  /** Ends what was written before a call. */
  readonly #beforeCall: () => void;
  readonly #takeHostedCall: () => boolean;
  /** In the order they came. */
  readonly #known: KnownCall[] = [];
  /** The call that fragments of an index belong to now. */
  readonly #current = new Map<number, KnownCall>();
  readonly #callIds = new Set<string>();

  constructor({
    tools,
    builder,
    beforeCall,
    takeHostedCall,
  }: {
    tools: ReadonlyMap<string, OfferedTool>;
    builder: ResponseBuilder;
    beforeCall: () => void;
    /** Whether one more hosted tool may be called; if so, it is. */
    takeHostedCall: () => boolean;
  }) {
    this.#tools = tools;
    this.#builder = builder;
    this.#beforeCall = beforeCall;
    this.#takeHostedCall = takeHostedCall;
  }

  get count(): number {
    return this.#known.length;
  }

  /** The calls of hosted tools, in the order they came. */
  get hosted(): MadeHostedCall[] {
    return this.#known.flatMap(({ open }) => (open?.owner === "hosted" ? [open] : []));
  }

  /** Whether the client has something to run. */
  get hasClients(): boolean {
    return this.#known.some(({ open }) => open?.owner === "client");
  }

  /** Whether a call still waits for its name. */
  get hasUnnamed(): boolean {
    return this.#known.some(({ open }) => open === undefined);
  }

  /** Whether a call's arguments are not whole: they don't parse, or the input they wrap has no end. */
  get hasBroken(): boolean {
    return this.#known.some(({ open }) => open !== undefined && isBroken(open));
  }

  take(fragment: CallFragment): void {
    const { name, arguments: piece } = fragment;
    // Workers AI may end a call with a fragment in which all is null.
    if (fragment.id === "" && name === "" && piece === "") return;
    const call = this.#find(fragment);
    call.whole ||= fragment.whole;
    if (call.open !== undefined) {
      grow(call.open, piece);
      return;
    }
    call.waiting += piece;
    if (name === "") return;
    call.open = this.#open(name, call.id);
    grow(call.open, call.waiting);
    call.waiting = "";
  }

  /**
   * Ends all calls of the client's tools that have a name; those of hosted tools are still to be run. `truncated`: the
   * answer was cut off, and so may its last call be: then none of them runs.
   * @throws {ApiError} 502 for arguments that are not JSON in an answer that was not cut off
   */
  close(truncated: boolean): void {
    const open = this.#known.flatMap((call) => call.open ?? []);
    const clients = open.filter((call) => call.owner === "client");
    if (!truncated && clients.some(isBroken)) throw invalidAnswer("the arguments of a tool call are not JSON");
    if (truncated) for (const call of open) if (call.owner === "hosted") call.call?.skip();
    for (const call of clients) {
      const { writer, input } = call;
      const rest = input?.end() ?? "";
      if (rest !== "") writer.grow(rest);
      // OpenAI's arguments are never empty: clients parse them as they are.
      if (input === undefined && call.raw.trim() === "" && !truncated) writer.grow("{}");
      writer.close(truncated && mayBeCutOff(call) ? "incomplete" : "completed");
    }
  }

  /**
   * Some servers give every call the index 0: a new id, or a name after whole arguments, begins a new call. A call
   * without a name yet goes on, whatever comes.
   */
  #find({ index, id, name }: CallFragment): KnownCall {
    const current = this.#current.get(index);
    const isNext =
      current?.open !== undefined &&
      name !== "" &&
      (current.whole || (id === "" ? isObject(current.open.raw) : id !== current.id));
    if (current !== undefined && !isNext) {
      current.id ||= id;
      return current;
    }
    const call: KnownCall = { id, whole: false, waiting: "", open: undefined };
    this.#known.push(call);
    this.#current.set(index, call);
    return call;
  }

  #open(modelName: string, id: string): OpenCall {
    const { name, tool } = this.#lookUp(modelName);
    this.#beforeCall();
    if (tool?.kind === "hosted") return this.#openHosted(tool.tool, name);
    const isCustom = tool?.kind === "custom";
    const writer = this.#builder.add((slot) => {
      const place = { responseId: this.#builder.id, output_index: slot.output_index };
      const identity = {
        call_id: this.#takeId(id),
        name: tool?.name ?? name,
        ...(tool?.namespace !== undefined && { namespace: tool.namespace }),
      };
      const start: CallStart = isCustom
        ? { id: createItemId("ctc", place), type: "custom_tool_call", ...identity }
        : { id: createItemId("fc", place), type: "function_call", ...identity };
      return new CallWriter(slot, start);
    });
    return { owner: "client", writer, input: isCustom ? new InputReader() : undefined, raw: "" };
  }

  #openHosted(tool: HostedTool, name: string): MadeHostedCall {
    const opened: MadeHostedCall = {
      owner: "hosted",
      tool,
      name,
      call: undefined,
      isOver: false,
      id: createId("call"),
      raw: "",
    };
    opened.isOver = !this.#takeHostedCall();
    if (opened.isOver || tool.needsApproval) return opened;
    opened.call = this.#builder.add((slot) => {
      opened.id = createItemId(tool.prefix, { responseId: this.#builder.id, output_index: slot.output_index });
      return tool.open(slot, opened.id);
    });
    return opened;
  }

  /**
   * gpt-oss leaves marks of its own format on names now and then: `functions.get_weather`, `get_weather<|channel|>json`.
   * A tool that was never offered keeps its name: the client then says so to the model.
   */
  #lookUp(name: string): { name: string; tool: OfferedTool | undefined } {
    const tool = this.#tools.get(name);
    if (tool !== undefined) return { name, tool };
    const mark = name.indexOf("<|");
    const plain = (mark === -1 ? name : name.slice(0, mark)).trim();
    const bare = plain.startsWith("functions.") ? plain.slice("functions.".length) : plain;
    const known = [plain, bare].find((candidate) => this.#tools.has(candidate));
    return { name: known ?? (plain || name), tool: this.#tools.get(known ?? "") };
  }

  /** openai-node refuses two calls with one `call_id`. */
  #takeId(id: string): string {
    const taken = id === "" || this.#callIds.has(id) ? createId("call") : id;
    this.#callIds.add(taken);
    return taken;
  }
}

function grow(call: OpenCall, piece: string): void {
  if (piece === "") return;
  call.raw += piece;
  if (call.owner === "hosted") {
    call.call?.grow(piece);
    return;
  }
  const delta = call.input === undefined ? piece : call.input.read(piece);
  if (delta !== "") call.writer.grow(delta);
}

/** Whether what came of a call can't be all of it. */
function isBroken(call: OpenCall): boolean {
  if (call.owner === "client" && call.input !== undefined) return call.input.isCutOff;
  return call.raw.trim() !== "" && tryParse(call.raw) === undefined;
}

/** Whether more of a call might have come, had the answer gone on. */
function mayBeCutOff({ input, raw }: ClientCall): boolean {
  return input === undefined ? tryParse(raw) === undefined : !input.complete;
}

function isObject(text: string): boolean {
  const value = text.trimEnd().endsWith("}") ? tryParse(text) : undefined;
  return typeof value === "object" && value !== null;
}
