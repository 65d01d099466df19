import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, startScriptedUpstream, type UpstreamCall } from "../../../test/support/scripted-upstream.ts";
import { startWorkerd, type Workerd } from "../../../test/support/start-workerd.ts";
import { stateObjects } from "../../../test/support/state-objects.ts";
import type { WorkerSource } from "../../../test/support/workerd-config.ts";

export const adminKey = "admin-key-of-the-bench-0123456789abcdef";

/** What a request asks the scripted upstream for, as JSON in its input. */
export interface Order {
  /** The client's own name for the request. */
  mark: string;
  input: number;
  output: number;
  /** Upstream answers 500, and reports nothing. */
  fails?: boolean;
  /** Milliseconds before the answer. */
  waits?: number;
}

/** What upstream has sent whole for one mark. */
export interface Sent extends Order {
  /** Times it was asked. */
  calls: number;
}

/** Two isolates of one Worker, of which the second uses the first one's objects, and one that asks for no key. */
type WorkerName = "one" | "two" | "open";

export interface World {
  url(worker?: WorkerName): string;
  processId(): number;
  /** By mark. */
  sent: Map<string, Sent>;
  /** Ends workerd at once, as a crash does, and starts it again on what is stored. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const objects = [
  ...stateObjects,
  { binding: "USAGE", className: "UsageCounter" },
  { binding: "KEYS", className: "ManagedKey" },
  { binding: "KEY_DIRECTORY", className: "KeyDirectory" },
];

/** Starts the bundle with all its objects on disk, in front of an upstream that keeps its own count. */
export async function startWorld(bundlePath: string): Promise<World> {
  const sent = new Map<string, Sent>();
  const upstream = await startScriptedUpstream((call) => answer(call, sent));
  const storagePath = await mkdtemp(join(tmpdir(), "bench-keys-"));
  const vars = { ADMIN_KEY: adminKey, API_KEYS: "configured:key-of-the-configured-0123456789", LOG: "off" };
  const one: WorkerSource = { name: "one", modulePath: bundlePath, vars, durableObjects: objects };
  const borrowed = objects.map(({ binding, className }) => ({ binding, className, worker: "one" }));
  const two: WorkerSource = { name: "two", modulePath: bundlePath, vars, durableObjects: borrowed };
  const open: WorkerSource = { name: "open", modulePath: bundlePath, vars: { AUTH: "none", LOG: "off" } };
  const start = (): Promise<Workerd> =>
    startWorkerd({ workers: [one, two, open], upstreamAddress: upstream.address, storagePath });
  let workerd = await start();
  return {
    url: (worker) => workerd.url(worker),
    processId: () => workerd.processId,
    sent,
    async crash() {
      await workerd.stop();
      workerd = await start();
    },
    async stop() {
      await workerd.stop();
      await upstream.stop();
      await rm(storagePath, { recursive: true, force: true });
    },
  };
}

async function answer({ inputs }: UpstreamCall, sent: Map<string, Sent>): Promise<Answer> {
  const { input, messages, stream } = Object(inputs);
  const order: Order = JSON.parse(findOrder(messages ?? input));
  const { calls } = sent.get(order.mark) ?? { calls: 0 };
  sent.set(order.mark, { ...order, calls: calls + 1 });
  if (order.waits !== undefined) await new Promise((resolve) => setTimeout(resolve, order.waits));
  if (order.fails === true) return { status: 500, body: "{}" };
  return messages === undefined ? answerResponses(order, stream === true) : answerChat(order, stream === true);
}

/** The order is the only JSON object in what the model is given. */
function findOrder(given: unknown): string {
  const text = typeof given === "string" ? given : JSON.stringify(given);
  const start = text.search(/\{\\*"mark/);
  return text.slice(start, text.indexOf("}", start) + 1).replaceAll("\\", "");
}

function answerResponses({ mark, input, output }: Order, stream: boolean): Answer {
  const response = {
    id: `resp_${mark}`,
    object: "response",
    status: "completed",
    output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "ok", annotations: [] }] }],
    usage: { input_tokens: input, output_tokens: output, total_tokens: input + output },
  };
  if (!stream) return { body: JSON.stringify(response) };
  const events = [
    {
      type: "response.created",
      sequence_number: 0,
      response: { ...response, status: "in_progress", output: [], usage: null },
    },
    { type: "response.output_text.delta", sequence_number: 1, delta: "ok" },
    { type: "response.completed", sequence_number: 2, response },
  ];
  return {
    headers: { "content-type": "text/event-stream" },
    body: events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
  };
}

function answerChat({ mark, input, output }: Order, stream: boolean): Answer {
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  const id = `chatcmpl-${mark}`;
  if (!stream) {
    return { body: JSON.stringify({ id, choices: [{ message: { content: "ok" }, finish_reason: "stop" }], usage }) };
  }
  const chunks = [
    { id, choices: [{ index: 0, delta: { content: "ok" } }] },
    { id, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
    { id, choices: [], usage },
  ];
  const body = [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), "data: [DONE]\n\n"];
  return { headers: { "content-type": "text/event-stream" }, body };
}
