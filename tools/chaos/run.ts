/**
 * `npm run chaos`: a scripted upstream that fails in every way it can and clients that behave in every way they should
 * not, against the real Worker in a real workerd. Prints counts, and fails on any request that is lost, mixed up or
 * ends as it may not. Takes less than two minutes; `-- --short` about 30 seconds. `-- --seed=N` repeats a run.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildBundle } from "../../test/support/build-bundle.ts";
import { type Script, startScriptedUpstream, type UpstreamCall } from "../../test/support/scripted-upstream.ts";
import { type Api, testKey } from "../../test/support/start-api.ts";
import { startWorkerd } from "../../test/support/start-workerd.ts";
import { stateObjects } from "../../test/support/state-objects.ts";
import { readMemoryMib } from "../bench/process-usage.ts";
import { startProgress } from "../progress.ts";
import { checkStored } from "./check-stored.ts";
import { faultOf, faults, type Plan } from "./faults.ts";
import { strainHeap } from "./heap.ts";
import { sendMixed } from "./mixed-requests.ts";
import { maxBodyBytes, sendCrowd, sendHalf, sendLimits, sendPipeline } from "./odd-clients.ts";
import { createRandom } from "./random.ts";
import type { Outcome } from "./send-plan.ts";
import { strainSockets } from "./sockets.ts";
import { countEndings, countFaults, drawPlans, sendPlans, waitsLong } from "./storm.ts";

const short = process.argv.includes("--short");
const seed = Number(process.argv.find((argument) => argument.startsWith("--seed="))?.slice("--seed=".length) ?? 1);
const size = short
  ? { plans: 500, halves: 50, pipelines: 25, mixed: 4_000 }
  : { plans: 3_000, halves: 300, pipelines: 100, mixed: 20_000 };

/** No warm-up begins after this. */
const warmUpMs = short ? 18_000 : 25_000;

type Servers = Pick<Api, "upstream" | "workerd">;

const failures: string[] = [];
const progress = startProgress("chaos");
function report(what: string, wrong: readonly string[] = []): void {
  const lines = [
    `${wrong.length === 0 ? "ok  " : "FAIL"} ${what}`,
    ...wrong.slice(0, 10).map((line) => `     ${line}`),
  ];
  progress.print(lines.join("\n"));
  failures.push(...wrong);
}

/** Upstream does what the request's metadata says. */
function play(call: UpstreamCall): Script {
  const { metadata } = call.inputs as { metadata: Plan };
  return metadata.fault in faults ? faultOf(metadata).script(metadata) : "reset";
}

function wrongOf(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .filter(({ wrong }) => wrong !== undefined)
    .map(({ plan, wrong }) => `${plan.mark} (${plan.fault}, ${plan.client}, ${plan.worker}): ${wrong}`);
}

/** Waits for upstream calls to end, ten seconds at most. */
async function settle(api: Servers): Promise<string[]> {
  for (let waited = 0; waited < 100 && api.upstream.openCalls().length > 0; waited += 1) await sleep(100);
  return api.upstream.openCalls().map(({ inputsText }) => `still open: ${inputsText.slice(0, 200)}`);
}

/** All that happens to the Worker, `part` of the full size. The name keeps the marks of two passes apart. */
async function strain(
  api: Servers,
  { name, seed: passSeed, part }: { name: string; seed: number; part: number },
): Promise<Pass> {
  const random = createRandom(passSeed);
  const port = api.workerd.port("plain");
  const plans = drawPlans({ seed: passSeed, count: size.plans * part, name });
  const workerPort = (worker: string): number => api.workerd.port(worker);
  // These take seconds and no work: the others, and all that comes after them, happen meanwhile.
  const waiting = sendPlans(plans.filter(waitsLong), { atOnce: 128, port: workerPort });
  const quick = await sendPlans(
    plans.filter((plan) => !waitsLong(plan)),
    { atOnce: 64, port: workerPort },
  );
  const crowd = await sendCrowd({ port, count: 300, name, random });
  const pipelined = await Promise.all(
    Array.from({ length: size.pipelines * part }, (_, index) =>
      sendPipeline({ port, name: `${name}_pipe_${index}`, random }),
    ),
  );
  const halves = await Promise.all(
    Array.from({ length: size.halves * part }, (_, index) => sendHalf({ port, mark: `${name}_half_${index}`, random })),
  );
  const limits = await sendLimits(port);
  const mixed = await sendMixed({ port, count: size.mixed * part, name, random });
  return { storm: [...quick, ...(await waiting)], crowd, pipelined: pipelined.flat(), halves, limits, mixed };
}

interface Pass {
  storm: Outcome[];
  crowd: Outcome[];
  pipelined: Outcome[];
  halves: Plan[];
  limits: string[];
  mixed: { kinds: string; wrong: string[] };
}

/**
 * Strains the Worker until a pass no longer adds a twentieth to its memory, or the time for it is over: V8 lets its heap
 * grow before it collects, and what a storm adds after that would be a leak. Returns MiB.
 */
async function warmUp(api: Servers): Promise<number> {
  const until = Date.now() + warmUpMs;
  let before = 0;
  for (let pass = 1; ; pass += 1) {
    await strain(api, { name: `warm${pass}`, seed: seed + pass, part: short ? 1 : 0.25 });
    await settle(api);
    const after = readMemoryMib(api.workerd.processId);
    if (after < before * 1.05 || Date.now() > until) return after;
    before = after;
  }
}

async function run(api: Servers): Promise<void> {
  api.upstream.setScript((call) => {
    const script = play(call);
    return typeof script === "function" ? script(call) : script;
  });
  const memoryBefore = await warmUp(api);
  api.upstream.clear();

  const { storm, crowd, pipelined, halves, limits, mixed } = await strain(api, { name: "storm", seed, part: 1 });
  report(`${storm.length} requests, ${countFaults()} kinds of upstream: ${countEndings(storm)}`, wrongOf(storm));
  report(`300 connections at once: ${countEndings(crowd)}`, wrongOf(crowd));
  report(`${pipelined.length} requests sent four in one go: ${countEndings(pipelined)}`, wrongOf(pipelined));
  report("bodies of the limit less one, the limit, and one more", limits);
  report(`${size.mixed} requests over 64 connections: ${mixed.kinds}`, mixed.wrong);
  report("every upstream call has ended", await settle(api));
  const heard = api.upstream.calls.map(({ inputs }) => (inputs as { input: string }).input);
  const marks = new Set(heard);
  report(
    `${halves.length} half-sent requests never reached upstream`,
    halves.filter(({ mark }) => marks.has(mark)).map(({ mark }) => `${mark} did`),
  );
  report(`${heard.length} upstream calls, one a request`, repeated(heard.filter((mark) => !mark.startsWith("xxx"))));

  // Before the stored responses are asked for: each that is asked for, there or not, is an object in memory for a while.
  const memoryAfter = readMemoryMib(api.workerd.processId);
  report(
    `memory of workerd: ${memoryBefore.toFixed(0)} MiB before, ${memoryAfter.toFixed(0)} MiB after`,
    memoryAfter < memoryBefore * 1.2 ? [] : ["more than 20 % above the start"],
  );

  const storing = storm.filter(({ plan }) => plan.worker === "storing");
  const stored = await checkStored(storing, api.workerd.url("storing"));
  report(`${stored.found} stored responses agree with what their ${storing.length} clients saw`, stored.wrong);

  const log = api.workerd.output();
  report("nothing unforeseen in the log, and no key", log.match(/unhandled_error.*|sk-inside|test-key-\d+/g) ?? []);
}

function repeated(marks: readonly string[]): string[] {
  const seen = new Set<string>();
  return marks.filter((mark) => seen.has(mark) || !seen.add(mark)).map((mark) => `${mark} was called twice`);
}

progress.print(`seed ${seed}`);
const startedAt = Date.now();
const { directory, entryPath } = await buildBundle();
const storagePath = await mkdtemp(join(tmpdir(), "chaos-storage-"));
const settings = { UPSTREAM_TIMEOUT_MS: "5000", MAX_BODY_BYTES: String(maxBodyBytes) };
const upstream = await startScriptedUpstream();
const worker = { modulePath: entryPath, vars: { ...settings, API_KEYS: `tester:${testKey}` } };
const workerd = await startWorkerd({
  workers: [
    { name: "plain", ...worker },
    { name: "storing", ...worker, durableObjects: stateObjects },
  ],
  upstreamAddress: upstream.address,
  storagePath,
  // What an isolate has on Cloudflare. With more, V8 lets garbage lie, and growth says nothing.
  maxHeapMib: 128,
});
try {
  await run({ upstream, workerd });
  const heap = await strainHeap(entryPath);
  report(
    `${heap.count} largest requests and answers, four at once, in a heap of 128 MiB: ${heap.grownMib.toFixed(0)} MiB more`,
    heap.wrong,
  );
  const sockets = await strainSockets(entryPath, { idle: 500, silent: 100 });
  report(
    `500 idle WebSockets: ${sockets.idleMib.toFixed(0)} MiB more; 100 that never read, cut off at 4 MiB each: ${sockets.silentMib.toFixed(0)} MiB more`,
    sockets.wrong,
  );
} finally {
  await workerd.stop();
  await upstream.stop();
  for (const path of [directory, storagePath]) await rm(path, { recursive: true, force: true });
}
progress.end();
console.log(`${failures.length} failures in ${Math.round((Date.now() - startedAt) / 1_000)} s`);
process.exitCode = failures.length === 0 ? 0 : 1;
