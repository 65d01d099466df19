import type { Workerd } from "../../test/support/start-workerd.ts";
import type { BenchCase } from "./cases.ts";
import { driveLoad, type LoadResult } from "./drive-load.ts";
import { readCpuMs } from "./process-usage.ts";

export const benchKey = "0123456789abcdef";
export const benchHeaders = { authorization: `Bearer ${benchKey}`, "content-type": "application/json" };

/** One side of a comparison: where it listens, and the process whose CPU time it uses. */
export interface Target {
  url: string;
  processId: number;
  /** In place of `benchHeaders`. */
  headers?: Record<string, string>;
}

/** One side's medians over the rounds. */
export interface Side {
  throughput: number;
  p50: number;
  p99: number;
  /** CPU milliseconds of the whole process for one request, the upstream's share included; NaN where there is no /proc. */
  cpuMs: number;
}

export interface Comparison {
  name: string;
  baseline: Side;
  measured: Side;
  /** Throughput of `measured` through that of `baseline`, round by round. */
  ratio: { median: number; low: number; high: number };
  /** Below this the short form fails. */
  leastRatio: number;
}

/**
 * Runs both sides in alternating rounds, so that what else the machine does falls on both, and compares within each
 * round. One round before them warms both up and is thrown away.
 */
export async function compare({
  benchCase,
  baseline,
  measured,
  rounds,
  seconds,
}: {
  benchCase: BenchCase;
  baseline: Target;
  measured: Target;
  rounds: number;
  seconds: number;
}): Promise<Comparison> {
  const run = (target: Target): Promise<Sample> => sample(target, benchCase, seconds);
  await run(baseline);
  await run(measured);
  const baselineSamples: Sample[] = [];
  const measuredSamples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) baselineSamples.push(await run(baseline));
    measuredSamples.push(await run(measured));
    if (round % 2 === 1) baselineSamples.push(await run(baseline));
  }
  const ratios = measuredSamples.map(
    ({ throughput }, round) => throughput / (baselineSamples[round]?.throughput ?? Number.NaN),
  );
  return {
    name: benchCase.name,
    baseline: summarise(baselineSamples),
    measured: summarise(measuredSamples),
    ratio: { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) },
    leastRatio: benchCase.leastRatio,
  };
}

/** The Workers of one process as targets. */
export function targetOf(workerd: Workerd, worker: string): Target {
  return { url: `${workerd.url(worker)}/v1/responses`, processId: workerd.processId };
}

type Sample = LoadResult & { cpuMs: number };

async function sample(target: Target, { body, connections }: BenchCase, seconds: number): Promise<Sample> {
  const before = readCpuMs(target.processId) ?? Number.NaN;
  const result = await driveLoad({
    url: target.url,
    headers: target.headers ?? benchHeaders,
    body,
    connections,
    seconds,
  });
  const after = readCpuMs(target.processId) ?? Number.NaN;
  return { ...result, cpuMs: (after - before) / result.requests };
}

function summarise(samples: readonly Sample[]): Side {
  const of = (field: keyof Side): number => median(samples.map((entry) => entry[field]));
  return { throughput: of("throughput"), p50: of("p50"), p99: of("p99"), cpuMs: of("cpuMs") };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
