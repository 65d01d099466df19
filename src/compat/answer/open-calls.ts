import { createId, type OutputPlace } from "../../protocol/create-id.ts";
import type { ResponseEvent } from "../../protocol/events.ts";
import type { OfferedTool } from "../translation.ts";
import { OpenCustomCall } from "./open-custom-call.ts";
import { type CallIdentity, OpenFunctionCall } from "./open-function-call.ts";
import type { CallFragment } from "./read-chunk.ts";

export type OpenCall = OpenFunctionCall | OpenCustomCall;

/** Opens a new item at the end of the output. */
type Begin = (create: (place: OutputPlace) => OpenCall) => { item: OpenCall; events: ResponseEvent[] };

interface KnownCall {
  id: string;
  whole: boolean;
  /** Arguments that came before the name. */
  waiting: string;
  /** Undefined until its name is known. */
  open: OpenCall | undefined;
}

/** The tool calls of one answer while they grow side by side. */
export class OpenCalls {
  readonly #tools: ReadonlyMap<string, OfferedTool>;
  readonly #begin: Begin;
  /** In the order they came. */
  readonly #known: KnownCall[] = [];
  /** The call that fragments of an index belong to now. */
  readonly #current = new Map<number, KnownCall>();
  readonly #callIds = new Set<string>();

  constructor(tools: ReadonlyMap<string, OfferedTool>, begin: Begin) {
    this.#tools = tools;
    this.#begin = begin;
  }

  get count(): number {
    return this.#known.length;
  }

  /** Whether a call still waits for its name. */
  get hasUnnamed(): boolean {
    return this.#known.some(({ open }) => open === undefined);
  }

  take(fragment: CallFragment): ResponseEvent[] {
    const { name, arguments: piece } = fragment;
    // Workers AI may end a call with a fragment in which all is null.
    if (fragment.id === "" && name === "" && piece === "") return [];
    const call = this.#find(fragment);
    call.whole ||= fragment.whole;
    if (call.open !== undefined) return piece === "" ? [] : call.open.grow(piece);

    call.waiting += piece;
    if (name === "") return [];
    const { waiting } = call;
    const { item, events } = this.#begin((place) => this.#create(place, name, call.id));
    call.open = item;
    return waiting === "" ? events : [...events, ...item.grow(waiting)];
  }

  /** Ends all calls that have a name. `truncated`: the answer was cut off. */
  close(truncated: boolean): ResponseEvent[] {
    return this.#known.flatMap(({ open }) => open?.close(truncated) ?? []);
  }

  /** Some servers give every call the index 0: a new id, or anything after whole arguments, is a new call. */
  #find({ index, id, name }: CallFragment): KnownCall {
    const current = this.#current.get(index);
    const isNext = current !== undefined && name !== "" && ((id !== "" && id !== current.id) || current.whole);
    if (current !== undefined && !isNext) {
      current.id ||= id;
      return current;
    }
    const call: KnownCall = { id, whole: false, waiting: "", open: undefined };
    this.#known.push(call);
    this.#current.set(index, call);
    return call;
  }

  #create(place: OutputPlace, modelName: string, id: string): OpenCall {
    const { name, tool } = this.#lookUp(modelName);
    const identity: CallIdentity = {
      call_id: this.#takeId(id),
      name: tool?.name ?? name,
      ...(tool?.namespace !== undefined && { namespace: tool.namespace }),
    };
    return tool?.kind === "custom" ? new OpenCustomCall(place, identity) : new OpenFunctionCall(place, identity);
  }

  /**
   * gpt-oss leaves marks of its own format on names now and then: `functions.get_weather`, `get_weather<|channel|>json`.
   * A tool that was never offered keeps its name: the client tells the model so.
   */
  #lookUp(name: string): { name: string; tool: OfferedTool | undefined } {
    const tool = this.#tools.get(name);
    if (tool !== undefined) return { name, tool };
    const plain = name.replace(/<\|[^]*$/, "").trim();
    const bare = plain.replace(/^functions\./, "");
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
