/** Random frames over WebSockets, with a key and without. */
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { openRawSocket } from "../../test/support/raw-socket.ts";
import type { ScriptedUpstream } from "../../test/support/scripted-upstream.ts";
import { connectSocket, type Frame, isEnd, type SocketClient } from "../../test/support/socket-client.ts";
import { testKey } from "../../test/support/start-api.ts";
import type { Workerd } from "../../test/support/start-workerd.ts";
import type { Progress } from "../progress.ts";
import { brokenFrames, frameSequence, type SocketStep } from "./arbitrary-frames.ts";

interface Fuzzed {
  workerd: Workerd;
  upstream: ScriptedUpstream;
  /** The names of the Workers to choose from. */
  names: fc.Arbitrary<string>;
  runs: fc.Parameters<unknown>;
  /** What must never be in a frame. */
  inside: readonly string[];
  atOnce: number;
  progress: Progress;
}

const bases = fc.constantFrom("/openai/v1", "/v1", "/ai/v1", "/client/v4/accounts/a/ai/v1");

/** Milliseconds after which a frame counts as never coming. */
const patience = 15_000;

const closeCodes: ReadonlySet<number> = new Set([1003, 1005, 1008]);

/** Sends `count` random sequences, and a tenth as many handshakes and connections that are wrong. Throws what is wrong with the first that is answered as it may not. */
export async function fuzzSockets(count: number, { workerd, upstream, names, runs, inside, atOnce, progress }: Fuzzed) {
  let played = 0;
  const seen = new Map<string, number>();
  function note(what: string): void {
    seen.set(what, (seen.get(what) ?? 0) + 1);
  }
  const sequences = fc.array(frameSequence, { minLength: atOnce, maxLength: atOnce });
  const keyed = fc.asyncProperty(names, bases, sequences, async (name, base, lists) => {
    const url = `${workerd.url(name)}${base}/responses`;
    progress.update(`${played} of ${count} sequences of frames`);
    played += lists.length;
    await Promise.all(lists.map((steps) => play(url, steps, { inside, note })));
  });
  await fc.assert(keyed, { ...runs, numRuns: Math.ceil(count / atOnce) });
  progress.print(`ok   ${count} sequences of frames with a key; ${upstream.calls.length} turns reached the model`);
  progress.print(`     ${[...seen].map(([what, times]) => `${times} × ${what}`).join(", ")}`);

  upstream.clear();
  const strangers = fc.asyncProperty(names, bases, fc.constantFrom(...wrongKeys), async (name, base, headers) => {
    const opened = await connectSocket(`${workerd.url(name)}${base}/responses`, headers).catch(() => undefined);
    if (opened !== undefined) throw new Error("a WebSocket was opened without a key");
    if (upstream.calls.length > 0) throw new Error("the model was called without a key");
  });
  await fc.assert(strangers, { ...runs, numRuns: Math.ceil(count * 0.1) });
  progress.print(`ok   ${count * 0.1} handshakes without a key; none opened a WebSocket`);

  const broken = fc.asyncProperty(names, brokenFrames, async (name, bytes) => {
    const headers = { authorization: `Bearer ${testKey}` };
    const client = await openRawSocket(workerd.port(name), { path: "/openai/v1/responses", headers });
    client.send(bytes);
    await Promise.race([client.waitForEnding(), sleep(5)]);
    client.close();
  });
  await fc.assert(broken, { ...runs, numRuns: Math.ceil(count * 0.1) });
  for (const name of ["native", "compat"]) {
    const health = await fetch(`${workerd.url(name)}/health`);
    if (health.status !== 200) throw new Error("the Worker has ended");
  }
  progress.print(`ok   ${count * 0.1} connections with bytes that are no frames`);
}

const wrongKeys: { headers?: Record<string, string>; protocols?: string[] }[] = [
  {},
  { headers: { authorization: `Bearer ${testKey}x` } },
  { headers: { authorization: testKey } },
  { headers: { cookie: `authorization=Bearer ${testKey}` } },
  { protocols: ["responses"] },
  { protocols: ["responses", `openai-insecure-api-key.${testKey}x`] },
  { protocols: [testKey] },
];

/** Plays one sequence. Each text frame has to be answered with one end, unless the connection is closed before. */
async function play(
  url: string,
  steps: readonly SocketStep[],
  { inside, note }: { inside: readonly string[]; note: (what: string) => void },
): Promise<void> {
  const client = await connectSocket(url, { headers: { authorization: `Bearer ${testKey}` } });
  const latest = { id: "null" };
  let owed = 0;
  async function take(): Promise<boolean> {
    const frame = await Promise.race([nextOrClose(client), sleep(patience, "late" as const, { ref: false })]);
    if (frame === "late") throw new Error(`no answer: ${owed} frames hang`);
    if (frame === undefined) return false;
    check(frame, inside);
    const response = frame["response"] as { id?: string } | undefined;
    if (response?.id !== undefined) latest.id = JSON.stringify(response.id);
    if (isEnd(frame) || frame.type === "response.steer.failed") {
      owed -= 1;
      note(frame.type);
    }
    return true;
  }
  let isOpen = true;
  for (const step of steps) {
    if (step.kind === "text") {
      owed += 1;
      client.send(step.text.replace('"previous_response_id":"latest"', `"previous_response_id":${latest.id}`));
    } else if (step.kind === "binary") {
      client.send(Uint8Array.from(step.bytes));
      owed += 1;
    } else if (isOpen && owed > 0) isOpen = await take();
  }
  while (isOpen && owed > 0) isOpen = await take();
  if (isOpen) client.close();
  const { code } = await client.closed;
  if (!closeCodes.has(code)) throw new Error(`closed with ${code}`);
  note(String(code));
}

async function nextOrClose(client: SocketClient): Promise<Frame | undefined> {
  try {
    return await client.next();
  } catch (error) {
    // What is not JSON was thrown where it came in.
    if (String(error).includes("closed with")) return undefined;
    throw error;
  }
}

/** Throws when a frame is none that a client may see. */
function check(frame: Frame, inside: readonly string[]): void {
  const text = JSON.stringify(frame);
  const secret = inside.find((word) => text.includes(word));
  if (secret !== undefined) throw new Error(`an inside text: ${text.slice(0, 300)}`);
  if (typeof frame.type !== "string" || frame.type === "") throw new Error(`no type: ${text.slice(0, 300)}`);
  if (frame.type !== "error" || frame["status"] === undefined) return;
  const { error, status } = frame as unknown as { error: Record<string, unknown>; status: number };
  const fields = Object.entries(error).map(([name, value]) => `${name} ${typeof value}`);
  if (fields.join() !== "type string,code string,message string,param string") throw new Error(`no envelope: ${text}`);
  if (error["code"] === "internal_error" || status < 400) throw new Error(text);
}
