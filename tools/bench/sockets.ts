/**
 * `npm run bench:sockets`: the time to a turn's first and last event over a WebSocket, beside the same over HTTP. One Worker
 * in workerd with storage on disk, compat mode, an upstream that answers at once; asked by turns, with Node's own clients and
 * with openai-node. Fails when a first event over the WebSocket is more than 2 ms later than over HTTP, by the median.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import OpenAI from "openai";
import { ResponsesWS } from "openai/resources/responses/ws";
import { buildBundle } from "../../test/support/build-bundle.ts";
import { connectSocket, isEnd, type SocketClient } from "../../test/support/socket-client.ts";
import { startWorkerd } from "../../test/support/start-workerd.ts";
import { stateObjects } from "../../test/support/state-objects.ts";
import { benchModels } from "./cases.ts";
import { benchHeaders, benchKey, median } from "./compare.ts";

const rounds = 5;
const times = 50;

/** Milliseconds that a first event may come later over the WebSocket. */
const mostLater = 2;

/** Turns before the one that is measured, and characters of each. */
const turnsBefore = 40;
const turnLength = 2_000;

const model = "bench/chat-json";
const here = fileURLToPath(new URL(".", import.meta.url));
const storagePath = await mkdtemp(join(tmpdir(), "bench-sockets-"));
const { directory, entryPath: modulePath } = await buildBundle();
const workerd = await startWorkerd({
  workers: [
    {
      name: "api",
      modulePath,
      vars: { API_KEYS: `bench:${benchKey}`, MODELS: benchModels.join(","), LOG: "off" },
      durableObjects: stateObjects,
    },
    { name: "upstream", modulePath: join(here, "upstream-worker.js") },
  ],
  upstreamWorker: "upstream",
  storagePath,
});
const baseURL = `${workerd.url("api")}/openai/v1`;
const url = `${baseURL}/responses`;
const openai = new OpenAI({ baseURL, apiKey: benchKey });

/** When the first and the last event of a turn came, in milliseconds. */
interface Timing {
  first: number;
  last: number;
}

type Create = { input: string; store: boolean; previous_response_id: string | null };
type Ask = (create: Create) => Promise<Timing>;

/** One way to ask, opened for a round and closed after it. `say` makes a turn for the default lane to hold. */
interface Client {
  ask: Ask;
  say: (before: string | null) => Promise<string>;
  close: () => void;
}

/** Times the events of a turn until one ends it. */
async function timeEvents(next: () => Promise<{ isLast: boolean }>): Promise<Timing> {
  const startedAt = performance.now();
  let { isLast } = await next();
  const first = performance.now() - startedAt;
  while (!isLast) ({ isLast } = await next());
  return { first, last: performance.now() - startedAt };
}

/** Over HTTP, on a connection that is open already. */
const askFetch: Ask = async (create) => {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return timeEvents(async () => {
    if (reader === undefined) {
      const body = JSON.stringify({ model, stream: true, ...create });
      reader = (await fetch(url, { method: "POST", headers: benchHeaders, body })).body?.getReader();
    }
    return { isLast: (await reader?.read())?.done !== false };
  });
};

const askOpenAI: Ask = async (create) => {
  let events: AsyncIterator<unknown> | undefined;
  return timeEvents(async () => {
    events ??= (await openai.responses.create({ model, stream: true, ...create }))[Symbol.asyncIterator]();
    return { isLast: (await events.next()).done === true };
  });
};

async function openSocket(): Promise<Client> {
  const socket = await connectSocket(url, { headers: benchHeaders });
  return {
    ask(create) {
      // In a lane of its own: the default lane goes on holding what is continued.
      socket.send({ type: "response.create", model, stream_id: "other", ...create });
      return timeEvents(async () => ({ isLast: isEnd(await socket.next()) }));
    },
    say: (before) => say(socket, before),
    close: () => socket.close(),
  };
}

async function openOpenAISocket(): Promise<Client> {
  const socket = new ResponsesWS(openai);
  const messages = socket.stream();
  async function next() {
    for (;;) {
      const { value } = await messages.next();
      if (value?.type === "error") throw value.error;
      if (value?.type === "message") return { isLast: value.message.type === "response.completed", value };
    }
  }
  return {
    ask(create) {
      socket.send({ type: "response.create", model, stream_id: "other", ...create });
      return timeEvents(next);
    },
    async say(before) {
      socket.send({ type: "response.create", model, input: "Go on.", previous_response_id: before });
      for (;;) {
        const { value } = await next();
        if (value.message.type === "response.completed") return value.message.response.id;
      }
    },
    close: () => socket.close(),
  };
}

/** Says the turns before, and stores them. Gives the id of the last. */
async function sayBefore(): Promise<string> {
  const socket = await connectSocket(url, { headers: benchHeaders });
  let id = await say(socket, null);
  for (let turn = 1; turn < turnsBefore; turn += 1) id = await say(socket, id);
  socket.close();
  return id;
}

async function say(socket: SocketClient, previous_response_id: string | null): Promise<string> {
  const last = await socket.ask({ model, input: "x".repeat(turnLength), previous_response_id });
  return (last["response"] as { id: string }).id;
}

/** `before`: the id of a stored response that each turn continues, which the socket holds and HTTP finds in storage. */
async function compare(
  name: string,
  { ask, open }: { ask: Ask; open: () => Promise<Client> },
  { before, store }: { before: string | null; store: boolean },
): Promise<void> {
  const medians: { http: Timing; socket: Timing }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    // A connection lives for so many calls only.
    const client = await open();
    const previous_response_id = before === null ? null : await client.say(before);
    const create = { input: "Say hi.", store, previous_response_id };
    const http: Timing[] = [];
    const socket: Timing[] = [];
    for (let time = 0; time < times; time += 1) {
      http.push(await ask(create));
      socket.push(await client.ask(create));
    }
    client.close();
    // The first round warms up.
    if (round > 0) medians.push({ http: medianOf(http), socket: medianOf(socket) });
  }
  const http = medianOf(medians.map((each) => each.http));
  const socket = medianOf(medians.map((each) => each.socket));
  const cells = [http.first, socket.first, http.last, socket.last].map(
    (milliseconds) => `${milliseconds.toFixed(2)} ms`,
  );
  console.log(`| ${name} | ${cells.join(" | ")} |`);
  if (socket.first > http.first + mostLater) process.exitCode = 1;
}

function medianOf(timings: readonly Timing[]): Timing {
  return { first: median(timings.map(({ first }) => first)), last: median(timings.map(({ last }) => last)) };
}

const node = { ask: askFetch, open: openSocket };
const library = { ask: askOpenAI, open: openOpenAISocket };

try {
  const before = await sayBefore();
  const continued = `continues ${turnsBefore + 1} of 2 KB`;
  console.log("| turn | first event, HTTP | WebSocket | last event, HTTP | WebSocket |");
  console.log("| --- | --- | --- | --- | --- |");
  await compare("the first", node, { before: null, store: false });
  await compare(continued, node, { before, store: false });
  await compare(`${continued}, and is stored`, node, { before, store: true });
  await compare("the first, openai-node", library, { before: null, store: false });
  await compare(`${continued}, openai-node`, library, { before, store: false });
} finally {
  await workerd.stop();
  await rm(storagePath, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}
