/**
 * `npm run bench:state`: what state costs. Upstream is another process, so that only the Worker's CPU is counted.
 *
 *   growth    300 turns of 4 KB and 4 KB: CPU of a turn, and the disk that they take 15 seconds after the last
 *   branches  256 turns, each continued twice: the disk
 *   small     CPU of a small response: not stored, stored as a new thread, stored as a turn that continues one
 *   first     what a new thread and a continuing turn add to the first event, before an upstream that takes 100 ms
 *
 * `--before <folder>`: also a checkout of an earlier version, with its dependencies, in turns with this one.
 * Other arguments name the parts to run; all when none is named. Disk and first events go to STATE.md, and into the charts
 * of docs/state.md and docs/performance.md.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildBundle } from "../../test/support/build-bundle.ts";
import { openConnection, renderRequest } from "../../test/support/raw-client.ts";
import { type ScriptedUpstream, startScriptedUpstream } from "../../test/support/scripted-upstream.ts";
import { startWorkerd, type Workerd } from "../../test/support/start-workerd.ts";
import { stateObjects } from "../../test/support/state-objects.ts";
import { median } from "./compare.ts";
import { writeCharts } from "./draw-charts.ts";
import { readCpuMs } from "./process-usage.ts";
import { type StateFigures, writeStatePage } from "./state-page.ts";

const key = "0123456789abcdef";
const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
const turns = 300;
const said = 4_096;
const text = "She said yes and wrote it down. ".repeat(said / 32);
const model = "@cf/openai/gpt-oss-20b";
const bareWorker = fileURLToPath(new URL("../../test/support/bare-worker.js", import.meta.url));
const measured: StateFigures = { growth: [], first: [] };

interface Version {
  name: string;
  entryPath: string;
  durableObjects: { binding: string; className: string }[];
}

type Mode = "native" | "compat";
const modes: readonly Mode[] = ["native", "compat"];

const before: Version["durableObjects"] = [
  { binding: "RESPONSES", className: "StoredResponse" },
  { binding: "CONVERSATIONS", className: "StoredConversation" },
];

/** Answers as upstream does in each mode, with this text. */
function answerWith(upstream: ScriptedUpstream, answer: string, waitMs = 0): void {
  upstream.setScript(({ inputs }) => {
    const isChat = typeof inputs === "object" && inputs !== null && "messages" in inputs;
    const isStream = typeof inputs === "object" && inputs !== null && "stream" in inputs && inputs.stream === true;
    if (isStream) {
      return { headers: { "content-type": "text/event-stream" }, body: streamAnswer(isChat, answer, waitMs) };
    }
    return { body: JSON.stringify(isChat ? chatOf(answer) : responseOf(answer)) };
  });
}

function responseOf(answer: string): object {
  return {
    id: `resp_${crypto.randomUUID().replaceAll("-", "")}`,
    object: "response",
    created_at: 1_781_669_946,
    status: "completed",
    error: null,
    incomplete_details: null,
    instructions: null,
    model: "@cf/openai/gpt-oss-20b",
    output: [
      {
        id: `msg_${crypto.randomUUID()}`,
        type: "message",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: answer, annotations: [] }],
      },
    ],
    usage: { input_tokens: 70, output_tokens: 80, total_tokens: 150 },
  };
}

function chatOf(answer: string): object {
  const message = { role: "assistant", content: answer };
  return {
    id: "id-1",
    object: "chat.completion",
    created: 1_781_669_946,
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage: { prompt_tokens: 70, completion_tokens: 80, total_tokens: 150 },
  };
}

/** A stream whose first event comes after `waitMs`, and its last one twenty milliseconds later, as no model ends with its first token. */
async function* streamAnswer(isChat: boolean, answer: string, waitMs: number): AsyncGenerator<string> {
  const response = responseOf(answer);
  const created = { ...response, status: "in_progress", output: [] };
  const [first, last] = isChat
    ? [
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: answer }, finish_reason: null }] })}\n\n`,
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`,
      ]
    : [
        renderEvent({ type: "response.created", response: created, sequence_number: 0 }),
        renderEvent({ type: "response.completed", response, sequence_number: 1 }),
      ];
  await setTimeout(waitMs);
  yield first;
  await setTimeout(20);
  yield last;
}

function renderEvent(event: { type: string; [field: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

interface Server {
  workerd: Workerd;
  storagePath: string;
  stop: () => Promise<void>;
}

async function serve({ entryPath, durableObjects }: Version, mode: Mode, upstream: ScriptedUpstream): Promise<Server> {
  const storagePath = await mkdtemp(join(tmpdir(), "bench-state-"));
  const vars = { API_KEYS: `bench:${key}`, MODE: mode, LOG: "off" };
  const workers = [
    { name: "worker", modulePath: entryPath, vars, durableObjects },
    { name: "bare", modulePath: bareWorker },
  ];
  const workerd = await startWorkerd({ workers, upstreamAddress: upstream.address, storagePath });
  const stop = async (): Promise<void> => {
    await workerd.stop();
    await rm(storagePath, { recursive: true, force: true });
  };
  return { workerd, storagePath, stop };
}

async function post({ workerd }: Server, path: string, body: object): Promise<string> {
  const response = await fetch(`${workerd.url()}/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const answer: unknown = await response.json();
  if (response.status !== 200 || typeof answer !== "object" || answer === null || !("id" in answer)) {
    throw new Error(`${response.status}: ${JSON.stringify(answer).slice(0, 300)}`);
  }
  return String(answer.id);
}

/** CPU milliseconds of `work`, for each of `times`. */
async function countCpu({ workerd }: Server, times: number, work: (time: number) => Promise<unknown>): Promise<number> {
  const start = readCpuMs(workerd.processId) ?? Number.NaN;
  for (let time = 0; time < times; time += 1) await work(time);
  return ((readCpuMs(workerd.processId) ?? Number.NaN) - start) / times;
}

/** MiB of the files below a folder, as the disk holds them. */
async function measureDisk(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).blocks * 512;
  }
  return bytes / 1_048_576;
}

/** Objects are evicted after some ten seconds without a request, and their logs are folded then. */
const evictionMs = 15_000;

async function settleDisk({ storagePath }: Server): Promise<number> {
  await setTimeout(evictionMs);
  return measureDisk(storagePath);
}

const windows: readonly number[] = [0, 90, 190, 280];
const windowLength = 20;

async function measureGrowth(version: Version, mode: Mode, by: "previous_response_id" | "conversation") {
  const upstream = await startScriptedUpstream();
  answerWith(upstream, text);
  const server = await serve(version, mode, upstream);
  try {
    let last = by === "conversation" ? await post(server, "conversations", {}) : undefined;
    const turn = async (): Promise<void> => {
      const id = await post(server, "responses", {
        input: [{ role: "user", content: text }],
        ...(last && { [by]: last }),
      });
      if (by === "previous_response_id") last = id;
      upstream.clear();
    };
    const cpu: string[] = [];
    let end = 0;
    for (let done = 0; done < turns;) {
      const length = windows.includes(done) ? windowLength : (windows.find((start) => start > done) ?? turns) - done;
      const each = await countCpu(server, length, turn);
      if (windows.includes(done)) cpu.push(each.toFixed(1));
      end = each;
      done += length;
    }
    const disk = await settleDisk(server);
    measured.growth.push({
      version: version.name === "before," ? "before" : "now",
      chain: `${mode}, by ${by === "conversation" ? by : `\`${by}\``}`,
      mib: disk,
    });
    const saidMib = (turns * 2 * said) / 1_048_576;
    const bound = 2 * saidMib + 1 + (mode === "native" ? (turns * 12) / 1_024 : 0);

    const history = Array.from({ length: 290 * 2 }, (_, index) =>
      index % 2 === 0
        ? { role: "user", content: text }
        : { role: "assistant", content: [{ type: "output_text", text, annotations: [] }] },
    );
    const input = [...history, { role: "user", content: text }];
    const stateless = await countCpu(server, windowLength, async () => {
      await post(server, "responses", { input, store: false });
      upstream.clear();
    });
    const most = 1.5 * stateless + 2;
    console.log(
      `${version.name} ${mode} ${by}: CPU ms a turn at ${windows.map((start) => start + windowLength).join(", ")}: ` +
        `${cpu.join(", ")}; the last with its history in input ${stateless.toFixed(1)}, so at most ${most.toFixed(1)}: ` +
        `${end <= most ? "held" : "NOT HELD"}. Disk ${disk.toFixed(2)} MiB of ${saidMib.toFixed(2)} MiB said, ` +
        `at most ${bound.toFixed(2)}: ${disk <= bound ? "held" : "NOT HELD"}`,
    );
  } finally {
    await server.stop();
    await upstream.stop();
  }
}

async function measureBranches(version: Version, mode: Mode): Promise<void> {
  const upstream = await startScriptedUpstream();
  answerWith(upstream, text);
  const server = await serve(version, mode, upstream);
  try {
    const ids: string[] = [];
    const length = 256;
    const each = await countCpu(server, length, async (index) => {
      const parent = index === 0 ? undefined : ids[(index - 1) >> 1];
      const continued = parent === undefined ? {} : { previous_response_id: parent };
      ids.push(await post(server, "responses", { input: [{ role: "user", content: text }], ...continued }));
      upstream.clear();
    });
    const disk = await settleDisk(server);
    const saidMib = (length * 2 * said) / 1_048_576;
    const bound = 2 * saidMib + 1 + (mode === "native" ? (length * 12) / 1_024 : 0);
    console.log(
      `${version.name} ${mode} branches: ${each.toFixed(1)} CPU ms a turn, disk ${disk.toFixed(2)} MiB of ` +
        `${saidMib.toFixed(2)} MiB said, at most ${bound.toFixed(2)}: ${disk <= bound ? "held" : "NOT HELD"}`,
    );
  } finally {
    await server.stop();
    await upstream.stop();
  }
}

const smallRounds = 3;
const smallRequests = 400;
const connections = 16;

/** Runs `work` `amount` times, 16 at once. */
async function inParallel(amount: number, work: () => Promise<unknown>): Promise<void> {
  let left = amount;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left-- > 0) await work();
    }),
  );
}

async function measureSmall(versions: readonly Version[], mode: Mode): Promise<void> {
  const upstream = await startScriptedUpstream();
  answerWith(upstream, "Hello! ".repeat(40));
  const servers = await Promise.all(versions.map((version) => serve(version, mode, upstream)));
  const costs = new Map<string, number[]>();
  try {
    for (let round = -1; round < smallRounds; round += 1) {
      for (const [index, server] of servers.entries()) {
        const threads: string[] = [];
        const kinds: [string, () => Promise<unknown>][] = [
          ["not stored", () => post(server, "responses", { input: "Say hi.", store: false })],
          ["new thread", async () => threads.push(await post(server, "responses", { input: "Say hi." }))],
          ["continues", () => post(server, "responses", { input: "Say hi.", previous_response_id: threads.pop() })],
        ];
        for (const [kind, work] of kinds) {
          const start = readCpuMs(server.workerd.processId) ?? Number.NaN;
          await inParallel(smallRequests, work);
          // The objects' end is part of what they cost.
          if (kind !== "not stored") await setTimeout(evictionMs);
          const used = ((readCpuMs(server.workerd.processId) ?? Number.NaN) - start) / smallRequests;
          const name = `${versions[index]?.name} ${mode}, ${kind}`;
          if (round >= 0) costs.set(name, [...(costs.get(name) ?? []), used]);
        }
      }
      upstream.clear();
    }
    for (const [name, values] of costs) {
      console.log(
        `${name}: ${median(values).toFixed(2)} CPU ms a request (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`,
      );
    }
  } finally {
    for (const server of servers) await server.stop();
    await upstream.stop();
  }
}

const firstRounds = 9;
const firstTimes = 12;

async function measureFirst(version: Version, mode: Mode): Promise<void> {
  const upstream = await startScriptedUpstream();
  answerWith(upstream, "Hello! ".repeat(40), 100);
  const server = await serve(version, mode, upstream);
  const portOf = (worker: string): number => Number(new URL(server.workerd.url(worker)).port);
  const timeFirst = async (body: object, worker = "worker"): Promise<number> => {
    const client = await openConnection(portOf(worker));
    const request = renderRequest({ headers, body: JSON.stringify({ model, ...body, stream: true }) });
    const startedAt = performance.now();
    client.send(request);
    await client.waitForText("event: response.created");
    const milliseconds = performance.now() - startedAt;
    await client.waitForText("event: response.completed");
    client.reset();
    await setTimeout(10);
    return milliseconds;
  };
  try {
    const started: number[] = [];
    const continued: number[] = [];
    const medians: number[][] = [[], [], [], []];
    for (let round = -1; round < firstRounds; round += 1) {
      const [bare, without, fresh, more]: number[][] = [[], [], [], []];
      for (let time = 0; time < firstTimes; time += 1) {
        const previous = await post(server, "responses", { input: "Say hi." });
        bare?.push(await timeFirst({ input: "Say hi." }, "bare"));
        without?.push(await timeFirst({ input: "Say hi.", store: false }));
        fresh?.push(await timeFirst({ input: "Say hi." }));
        more?.push(await timeFirst({ input: "Say hi.", previous_response_id: previous }));
      }
      if (round < 0) continue;
      started.push(median(fresh ?? []) - median(without ?? []));
      continued.push(median(more ?? []) - median(without ?? []));
      for (const [kind, times = []] of [bare, without, fresh, more].entries()) medians[kind]?.push(median(times));
    }
    const [bare = 0, without = 0, fresh = 0, more = 0] = medians.map(median);
    if (version.name !== "before,") {
      const milliseconds = {
        "a bare Worker": bare,
        "not stored": without,
        "a new thread": fresh,
        "a turn that continues": more,
      };
      measured.first.push({ mode, milliseconds });
    }
    console.log(
      `${version.name} ${mode}, first event after a first token at 100 ms, median of ${firstRounds} rounds: a new thread adds ` +
        `${median(started).toFixed(2)} ms (at most 1), a turn that continues ${median(continued).toFixed(2)} ms (at most 5)`,
    );
  } finally {
    await server.stop();
    await upstream.stop();
  }
}

async function buildEarlier(folder: string, directory: string): Promise<string> {
  const wrangler = join(folder, "node_modules/.bin/wrangler");
  await promisify(execFile)(wrangler, ["deploy", "--dry-run", "--minify", "--outdir", directory], {
    cwd: folder,
    env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" },
  });
  return join(directory, "index.js");
}

const { values, named } = readArguments();
const bundle = await buildBundle();
const earlier = await mkdtemp(join(tmpdir(), "bench-earlier-"));
try {
  const current: Version = { name: "this version,", entryPath: bundle.entryPath, durableObjects: stateObjects };
  const versions: Version[] = [current];
  if (values.before !== undefined) {
    versions.push({ name: "before,", entryPath: await buildEarlier(values.before, earlier), durableObjects: before });
  }
  const runs = (part: string): boolean => named.length === 0 || named.includes(part);
  for (const mode of modes) {
    if (runs("small")) await measureSmall(versions, mode);
    for (const version of versions) {
      if (runs("first")) await measureFirst(version, mode);
      if (runs("growth")) await measureGrowth(version, mode, "previous_response_id");
      if (runs("growth")) await measureGrowth(version, mode, "conversation");
      if (runs("branches")) await measureBranches(version, mode);
    }
  }
  await writeStatePage(measured);
  await writeCharts();
} finally {
  await rm(bundle.directory, { recursive: true, force: true });
  await rm(earlier, { recursive: true, force: true });
}

function readArguments(): { values: { before: string | undefined }; named: string[] } {
  const given = process.argv.slice(2);
  const at = given.indexOf("--before");
  return {
    values: { before: at === -1 ? undefined : given[at + 1] },
    named: given.filter((_value, index) => at === -1 || (index !== at && index !== at + 1)),
  };
}
