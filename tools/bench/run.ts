/**
 * `npm run bench`: the Worker beside a bare one, in one workerd, with Cloudflare's own AI binding code and an in-process
 * upstream. Prints its tables, writes them to RESULTS.md and draws the charts of docs/performance.md.
 * `npm run bench -- --short`: throughput only, five short rounds; fails when a ratio's median is under its case's floor.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundle } from "../../test/support/build-bundle.ts";
import { startWorkerd, type Workerd } from "../../test/support/start-workerd.ts";
import { stateObjects } from "../../test/support/state-objects.ts";
import { startProgress } from "../progress.ts";
import { type BenchCase, benchModels, compatCases, nativeCases, smallCase, streamCase } from "./cases.ts";
import { benchKey, compare, type Comparison, targetOf } from "./compare.ts";
import { describeMachine } from "./describe-machine.ts";
import { writeCharts } from "./draw-charts.ts";
import { measureFirstByte } from "./measure-first-byte.ts";
import { measureMemory } from "./measure-memory.ts";
import { measureSize } from "./measure-size.ts";
import { renderComparisons, renderMemory, renderSize } from "./render-results.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const short = process.argv.includes("--short");
const rounds = short ? 5 : 7;
const seconds = short ? 1 : 1.5;

function startWorkers(bundlePath: string, storagePath: string): Promise<Workerd> {
  const vars = { API_KEYS: `bench:${benchKey}`, MODELS: benchModels.join(",") };
  const worker = (name: string, settings: Record<string, string> = {}) => ({
    name,
    modulePath: bundlePath,
    vars: { ...vars, ...settings },
  });
  return startWorkerd({
    workers: [
      worker("native"),
      worker("quiet", { LOG: "off" }),
      { ...worker("storing"), durableObjects: stateObjects },
      worker("compat", { MODE: "compat" }),
      { name: "bare", modulePath: join(here, "../../test/support/bare-worker.js") },
      { name: "upstream", modulePath: join(here, "upstream-worker.js") },
    ],
    upstreamWorker: "upstream",
    storagePath,
  });
}

/** Compares the Worker called `name` with the bare one. */
async function compareCases(workerd: Workerd, name: string, cases: readonly BenchCase[]): Promise<Comparison[]> {
  const [baseline, measured] = [targetOf(workerd, "bare"), targetOf(workerd, name)];
  const comparisons: Comparison[] = [];
  for (const benchCase of cases) {
    progress.update(`${name}, ${benchCase.name}`);
    comparisons.push(await compare({ benchCase, baseline, measured, rounds, seconds }));
  }
  return comparisons;
}

async function compareFirstByte(workerd: Workerd): Promise<string> {
  const [baseline, measured] = [targetOf(workerd, "bare"), targetOf(workerd, "native")];
  const delay = await measureFirstByte({ baseline, measured, times: short ? 50 : 300 });
  return `First event of a stream, one request at a time on a new connection: ${delay.baseline.toFixed(2)} → ${delay.measured.toFixed(2)} ms (median).`;
}

async function compareMemory(bundlePath: string, storagePath: string): Promise<string> {
  const rows: Parameters<typeof renderMemory>[0][number][] = [];
  for (const name of ["bare", "native"]) {
    progress.update(`memory, ${name}`);
    const workerd = await startWorkers(bundlePath, storagePath);
    try {
      const target = targetOf(workerd, name);
      rows.push({ name, memory: await measureMemory({ target, small: smallCase, requests: 20_000, streams: 200 }) });
    } finally {
      await workerd.stop();
    }
  }
  return renderMemory(rows, 20_000, 200);
}

/** The parts of the page, each a heading and its text; printed as they come. */
const parts: string[] = [];
function tell(heading: string, text: string): void {
  parts.push(`## ${heading}\n\n${text}\n`);
  progress.print(`\n${heading}\n\n${text}`);
}

const progress = startProgress("bench");
const { directory, entryPath } = await buildBundle();
const storagePath = await mkdtemp(join(tmpdir(), "bench-storage-"));
try {
  const workerd = await startWorkers(entryPath, storagePath);
  try {
    const native = await compareCases(workerd, "native", nativeCases);
    tell("Native mode", `${renderComparisons(native)}\n\n${await compareFirstByte(workerd)}`);
    if (short) failSlow(native);
    else {
      tell("Native mode, LOG=off", renderComparisons(await compareCases(workerd, "quiet", [smallCase, streamCase])));
      tell("Native mode, storing", renderComparisons(await compareCases(workerd, "storing", [smallCase, streamCase])));
      const compat = await compareCases(workerd, "compat", compatCases);
      const perChunks = (compat.at(-1)?.measured.cpuMs ?? Number.NaN) * 2;
      tell(
        "Compat mode",
        `${renderComparisons(compat)}\n\nCPU for 1,000 chunks: ${perChunks.toFixed(1)} ms, the upstream's share included.`,
      );
    }
  } finally {
    await workerd.stop();
  }
  if (!short) {
    tell("Memory of the whole workerd process", await compareMemory(entryPath, storagePath));
    tell("Size", renderSize(await measureSize(entryPath)));
    await writeFile(join(here, "RESULTS.md"), renderPage());
    await writeCharts();
  }
} finally {
  progress.end();
  for (const path of [directory, storagePath]) await rm(path, { recursive: true, force: true });
}

function failSlow(comparisons: readonly Comparison[]): void {
  for (const { name, ratio, leastRatio } of comparisons) {
    if (ratio.median >= leastRatio) continue;
    console.error(`${name}: ${ratio.median.toFixed(2)} of the bare Worker, less than ${leastRatio}`);
    process.exitCode = 1;
  }
}

function renderPage(): string {
  return `# Results

Written by \`npm run bench\`; what is measured, and how: [docs/performance.md](../../docs/performance.md).

${describeMachine()}

Each cell with an arrow is the bare Worker's figure, then this Worker's, medians of ${rounds} alternating rounds of ${seconds} s.
A ratio is throughput to throughput within one round; beside its median stand the lowest and the highest round.

${parts.join("\n")}`;
}
