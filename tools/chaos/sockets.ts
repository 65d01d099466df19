/**
 * WebSockets that do nothing and WebSockets that are never read, beside each other: what is sent to a client that does not
 * read stays in memory, so the Worker cuts it off, and the others go on.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { openRawSocket, renderFrame } from "../../test/support/raw-socket.ts";
import { type Answer, startScriptedUpstream, type UpstreamCall } from "../../test/support/scripted-upstream.ts";
import { connectSocket } from "../../test/support/socket-client.ts";
import { clientHeaders, testKey } from "../../test/support/start-api.ts";
import { startWorkerd } from "../../test/support/start-workerd.ts";
import { readMemoryMib } from "../bench/process-usage.ts";

/** The default of WEBSOCKET_BUFFER_BYTES. */
const boundMib = 4;

/** Native mode: what is sent is all that its turns keep. */
const path = "/ai/v1/responses";

function render(event: { type: string; [field: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Says more than anybody is sent, or nothing. */
function play({ inputsText }: UpstreamCall): Answer {
  const headers = { "content-type": "text/event-stream" };
  const response = { id: "resp_1", object: "response", status: "completed", output: [] };
  if (!inputsText.includes("say much")) return { headers, body: render({ type: "response.completed", response }) };
  const delta = render({ type: "response.output_text.delta", delta: "x".repeat(16_384) });
  return { headers, body: Array.from({ length: 1_000 }, () => delta), ending: "hang" };
}

interface Strained {
  idleMib: number;
  silentMib: number;
  wrong: string[];
}

/** Opens them all. `idleMib` and `silentMib` are what resident memory has grown by with each kind. */
export async function strainSockets(
  modulePath: string,
  { idle, silent }: { idle: number; silent: number },
): Promise<Strained> {
  const upstream = await startScriptedUpstream(play);
  const workerd = await startWorkerd({
    workers: [{ name: "sockets", modulePath, vars: { API_KEYS: `tester:${testKey}`, LOG: "off" } }],
    upstreamAddress: upstream.address,
    maxHeapMib: 128,
  });
  const wrong: string[] = [];
  try {
    const first = await connectSocket(`${workerd.url()}${path}`, { headers: clientHeaders });
    await first.ask({ input: "hi" });
    const before = readMemoryMib(workerd.processId);
    const sleepers = await Promise.all(
      Array.from({ length: idle }, () => connectSocket(`${workerd.url()}${path}`, { headers: clientHeaders })),
    );
    const idleMib = readMemoryMib(workerd.processId) - before;
    upstream.clear();

    const deaf = await Promise.all(
      Array.from({ length: silent }, () => openRawSocket(workerd.port(), { path, headers: clientHeaders })),
    );
    for (const client of deaf) {
      client.pause();
      client.send(renderFrame(JSON.stringify({ type: "response.create", input: "say much" })));
    }
    for (let waited = 0; waited < 600 && countCut(upstream.calls) < silent; waited += 1) await sleep(100);
    if (countCut(upstream.calls) < silent) wrong.push(`${countCut(upstream.calls)} of ${silent} were cut off`);
    const silentMib = readMemoryMib(workerd.processId) - before - idleMib;
    // Beside what is queued stand the heap, which may fill, and what the allocator keeps.
    if (silentMib > silent * boundMib + 256) wrong.push(`they took ${silentMib.toFixed(0)} MiB`);

    const ends = await Promise.all(sleepers.map((client) => client.ask({ input: "hi", store: false })));
    const answered = ends.filter(({ type }) => type === "response.completed").length;
    if (answered < idle) wrong.push(`${answered} of the ${idle} idle ones were answered after that`);
    for (const client of [first, ...sleepers]) client.close();
    for (const client of deaf) client.close();
    return { idleMib, silentMib, wrong };
  } finally {
    await workerd.stop();
    await upstream.stop();
  }
}

function countCut(calls: readonly UpstreamCall[]): number {
  return calls.filter(({ outcome }) => outcome === "aborted").length;
}
