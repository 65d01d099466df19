/**
 * `npm run bench`: the Worker beside a bare one, in one workerd, with Cloudflare's own AI binding code and an in-process
 * upstream. Prints its tables and writes them to RESULTS.md.
 * `npm run bench -- --short`: throughput only, five short rounds; fails when a ratio's median is under its case's floor.
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundle } from "../test/support/build-bundle.ts";
import { startWorkerd, type Workerd } from "../test/support/start-workerd.ts";
import { benchModels, cases } from "./cases.ts";
import { benchKey, compare, type Comparison, targetOf } from "./compare.ts";
import { describeMachine } from "./describe-machine.ts";
import { measureFirstByte } from "./measure-first-byte.ts";
import { measureMemory } from "./measure-memory.ts";
import { measureSize } from "./measure-size.ts";
import { renderComparisons, renderMemory, renderSize } from "./render-results.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const short = process.argv.includes("--short");
const rounds = short ? 5 : 9;
const seconds = short ? 1 : 2;

function startWorkers(bundlePath: string): Promise<Workerd> {
  return startWorkerd({
    workers: [
      {
        name: "native",
        modulePath: bundlePath,
        vars: { API_KEYS: `bench:${benchKey}`, MODELS: benchModels.join(",") },
      },
      { name: "bare", modulePath: join(here, "../test/support/bare-worker.js") },
      { name: "upstream", modulePath: join(here, "upstream-worker.js") },
    ],
    upstreamWorker: "upstream",
  });
}

async function compareNative(bundlePath: string): Promise<{ comparisons: Comparison[]; firstByte: string }> {
  const workerd = await startWorkers(bundlePath);
  try {
    const baseline = targetOf(workerd, "bare");
    const measured = targetOf(workerd, "native");
    const comparisons: Comparison[] = [];
    for (const benchCase of cases) {
      comparisons.push(await compare({ benchCase, baseline, measured, rounds, seconds }));
    }
    const delay = await measureFirstByte({ baseline, measured, times: short ? 50 : 300 });
    const firstByte = `First event of a stream, one request at a time on a new connection: ${delay.baseline.toFixed(2)} → ${delay.measured.toFixed(2)} ms (median).`;
    return { comparisons, firstByte };
  } finally {
    await workerd.stop();
  }
}

async function compareMemory(bundlePath: string): Promise<string> {
  const [small] = cases;
  if (small === undefined) throw new Error("there is no case");
  const rows: Parameters<typeof renderMemory>[0][number][] = [];
  for (const name of ["bare", "native"]) {
    const workerd = await startWorkers(bundlePath);
    try {
      const target = targetOf(workerd, name);
      rows.push({ name, memory: await measureMemory({ target, small, requests: 20_000, streams: 200 }) });
    } finally {
      await workerd.stop();
    }
  }
  return renderMemory(rows, 20_000, 200);
}

const { directory, entryPath } = await buildBundle();
try {
  const native = await compareNative(entryPath);
  const table = `${renderComparisons(native.comparisons)}\n\n${native.firstByte}`;
  console.log(`Bare Worker → this Worker in native mode; ${rounds} rounds of ${seconds} s a side\n\n${table}`);
  if (short) {
    const tooSlow = native.comparisons.filter(({ ratio, leastRatio }) => !(ratio.median >= leastRatio));
    for (const { name, ratio, leastRatio } of tooSlow) {
      console.error(`${name}: ${ratio.median.toFixed(2)} of the bare Worker, less than ${leastRatio}`);
      process.exitCode = 1;
    }
  } else {
    const memory = await compareMemory(entryPath);
    const size = renderSize(await measureSize(entryPath));
    console.log(`\n${memory}\n\n${size}`);
    await writeFile(join(here, "RESULTS.md"), renderPage({ table, memory, size }));
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

function renderPage({ table, memory, size }: { table: string; memory: string; size: string }): string {
  return `# Results

Written by \`npm run bench\`; what is measured, and how: [docs/performance.md](../docs/performance.md).

${describeMachine()}

Each cell with an arrow is the bare Worker's figure, then this Worker's, medians of ${rounds} alternating rounds of ${seconds} s.
A ratio is throughput to throughput within one round; beside its median stand the lowest and highest round.

## Native mode

${table}

## Memory of the whole workerd process

${memory}

## Size

${size}
`;
}
