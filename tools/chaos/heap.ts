/**
 * The largest requests and answers that the settings allow, four at once, in a workerd whose heap is as small as an
 * isolate's: none may end it, and each gets its answer or an error that says why.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, startScriptedUpstream } from "../../test/support/scripted-upstream.ts";
import { clientHeaders, testKey } from "../../test/support/start-api.ts";
import { startWorkerd, type Workerd } from "../../test/support/start-workerd.ts";
import { stateObjects } from "../../test/support/state-objects.ts";
import { readMemoryMib } from "../bench/process-usage.ts";

/** The default of MAX_BODY_BYTES. */
const most = 16_777_216;
/** MiB of V8's heap, as an isolate has it. */
const heapMib = 128;

const small = '{"id":"resp_small","choices":[{"message":{"content":"hi"},"finish_reason":"stop"}],"output":[]}';

interface HeapCase {
  name: string;
  body: string;
  answer?: Answer;
  /** What may be answered, beside 503 `too_many_large_requests` to some of the four. */
  status: number;
}

function repeat(piece: string, bytes: number): string {
  return piece.repeat(Math.floor(bytes / piece.length));
}

const room = most - 100;
/** What an answer in JSON may have. */
const longestAnswer = 10_485_760;
const message = { role: "user", content: "x".repeat(700) };

const cases: readonly HeapCase[] = [
  { name: "16 MB of 0 as items", body: `{"store":false,"input":[${repeat("0,", room)}0]}`, status: 400 },
  { name: "16 MB of {} as items", body: `{"store":false,"input":[${repeat("{},", room)}{}]}`, status: 400 },
  { name: "1.5 MB of {} as items", body: `{"store":false,"input":[${repeat("{},", 1_500_000)}{}]}`, status: 400 },
  { name: "0.5 MB of {} as tools", body: `{"input":"x","tools":[${repeat("{},", 500_000)}{}]}`, status: 400 },
  { name: "16 MB of text", body: JSON.stringify({ input: repeat("a", room) }), status: 200 },
  { name: "16 MB of text, not stored", body: JSON.stringify({ store: false, input: repeat("a", room) }), status: 200 },
  { name: "16 MB of text with one emoji", body: JSON.stringify({ input: `${repeat("a", room)}😀` }), status: 200 },
  { name: "16 MB of escapes", body: `{"input":"${repeat(String.raw`\n`, room)}"}`, status: 200 },
  { name: "20,000 items", body: JSON.stringify({ input: Array.from({ length: 20_000 }, () => message) }), status: 200 },
  {
    name: "an answer of 10 MB",
    body: '{"input":"x"}',
    answer: {
      body: `{"choices":[{"message":{"content":"${repeat("a", longestAnswer - 100)}"},"finish_reason":"stop"}]}`,
    },
    status: 200,
  },
  {
    name: "an answer of 10 MB as a stream",
    body: '{"input":"x","stream":true}',
    answer: {
      body: `{"choices":[{"message":{"content":"${repeat("a", longestAnswer - 100)}"},"finish_reason":"stop"}]}`,
    },
    status: 200,
  },
  {
    name: "an answer that is longer",
    body: '{"input":"x"}',
    answer: { body: `{"response":"${repeat("a", longestAnswer)}"}` },
    status: 502,
  },
];

async function post(workerd: Workerd, path: string, body: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${workerd.url()}/openai/v1/${path}`, { method: "POST", headers: clientHeaders, body });
  return { status: response.status, text: await response.text() };
}

async function send(workerd: Workerd, body: string): Promise<string> {
  const { status, text } = await post(workerd, "responses", body);
  return status < 400 ? String(status) : `${status} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ""}`;
}

/** Twenty items, nearly as large as what may be continued; one character of each makes it take twice that in the heap. */
const history = Array.from({ length: 20 }, () => ({ role: "user", content: `😀${repeat("a", 410_000)}` }));

function idOf(text: string): unknown {
  return (JSON.parse(text) as { id: unknown }).id;
}

/** Turns that continue as much as may be continued: a conversation, and a response. */
async function contextCases(workerd: Workerd): Promise<HeapCase[]> {
  const { text: conversation } = await post(workerd, "conversations", JSON.stringify({ items: history }));
  const { text: response } = await post(workerd, "responses", JSON.stringify({ input: history }));
  return [
    {
      name: "8 MiB of a conversation",
      body: JSON.stringify({ input: "x", conversation: idOf(conversation) }),
      status: 200,
    },
    {
      name: "8 MiB of context",
      body: JSON.stringify({ input: "x", previous_response_id: idOf(response) }),
      status: 200,
    },
  ];
}

/** Runs all cases. `wrong` says which ended otherwise than they may; `grownMib` is what resident memory has grown by. */
export async function strainHeap(modulePath: string): Promise<{ count: number; grownMib: number; wrong: string[] }> {
  const upstream = await startScriptedUpstream({ body: small });
  const storagePath = await mkdtemp(join(tmpdir(), "chaos-heap-"));
  const worker = {
    name: "heap",
    modulePath,
    vars: { API_KEYS: `tester:${testKey}`, LOG: "off" },
    durableObjects: stateObjects,
  };
  const workerd = await startWorkerd({
    workers: [worker],
    upstreamAddress: upstream.address,
    storagePath,
    maxHeapMib: heapMib,
  });
  const wrong: string[] = [];
  try {
    await send(workerd, '{"input":"x"}');
    const before = readMemoryMib(workerd.processId);
    const all = [...(await contextCases(workerd)), ...cases];
    for (const { name, body, answer, status } of all) {
      if (answer !== undefined) for (let call = 0; call < 4; call += 1) upstream.enqueue(answer);
      const ends = await Promise.all(Array.from({ length: 4 }, () => send(workerd, body).catch(String)));
      upstream.clear();
      const served = ends.filter((end) => end.startsWith(String(status)));
      const other = ends.filter((end) => !end.startsWith(String(status)) && end !== "503 too_many_large_requests");
      if (served.length === 0 || other.length > 0) wrong.push(`${name}: ${ends.join(", ")}`);
    }
    const grownMib = readMemoryMib(workerd.processId) - before;
    // The heap itself fills with the first body. Buffers, and pages that the allocator keeps for the next, stand beside
    // it: 316 to 415 MiB in all on two machines.
    if (grownMib > 4 * heapMib) wrong.push(`resident memory grew by ${grownMib.toFixed(0)} MiB`);
    return { count: all.length, grownMib, wrong };
  } finally {
    await workerd.stop();
    await upstream.stop();
    await rm(storagePath, { recursive: true, force: true });
  }
}
