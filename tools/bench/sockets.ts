/**
 * `npm run bench:sockets`: the time to a turn's first event over a WebSocket, beside the same over HTTP. One Worker in
 * workerd with storage on disk, compat mode, an upstream that answers at once; asked by turns, each with Node's own client.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundle } from "../../test/support/build-bundle.ts";
import { connectSocket, type SocketClient } from "../../test/support/socket-client.ts";
import { startWorkerd } from "../../test/support/start-workerd.ts";
import { stateObjects } from "../../test/support/state-objects.ts";
import { benchModels } from "./cases.ts";
import { benchHeaders, benchKey, median } from "./compare.ts";

const rounds = 5;
const times = 100;

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
const url = `${workerd.url("api")}/openai/v1/responses`;

/** Milliseconds to the first event of a turn over the socket. */
async function timeSocket(socket: SocketClient, create: object): Promise<number> {
  const startedAt = performance.now();
  socket.send({ type: "response.create", model, store: false, ...create });
  await socket.next();
  const milliseconds = performance.now() - startedAt;
  await socket.readTurn();
  return milliseconds;
}

/** The same over HTTP, on a connection that is open already. */
async function timeHttp(create: object): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(url, {
    method: "POST",
    headers: benchHeaders,
    body: JSON.stringify({ model, store: false, stream: true, ...create }),
  });
  const reader = response.body?.getReader();
  await reader?.read();
  const milliseconds = performance.now() - startedAt;
  while ((await reader?.read())?.done === false);
  return milliseconds;
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
async function compare(name: string, before: string | null): Promise<void> {
  const medians: { http: number; socket: number }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    // A connection lives for so many calls only.
    const socket = await connectSocket(url, { headers: benchHeaders });
    const previous_response_id = before === null ? null : await say(socket, before);
    const create = { input: "Say hi.", previous_response_id };
    const httpTimes: number[] = [];
    const socketTimes: number[] = [];
    for (let time = 0; time < times; time += 1) {
      httpTimes.push(await timeHttp(create));
      // In a lane of its own: the default lane goes on holding what is continued.
      socketTimes.push(await timeSocket(socket, { ...create, stream_id: "other" }));
    }
    socket.close();
    // The first round warms up.
    if (round > 0) medians.push({ http: median(httpTimes), socket: median(socketTimes) });
  }
  const of = (side: "http" | "socket"): string => median(medians.map((each) => each[side])).toFixed(2);
  console.log(`${name}: ${of("http")} ms over HTTP, ${of("socket")} ms over the WebSocket`);
}

try {
  await compare("a first turn", null);
  await compare(`a turn after ${turnsBefore + 1}`, await sayBefore());
} finally {
  await workerd.stop();
  await rm(storagePath, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}
