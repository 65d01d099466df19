import type { Comparison } from "./compare.ts";
import type { Memory } from "./measure-memory.ts";
import type { Size } from "./measure-size.ts";

/** Comparisons as a Markdown table: the baseline's figure first, then ours. */
export function renderComparisons(comparisons: readonly Comparison[]): string {
  return renderTable(
    ["case", "requests/s", "ratio (low to high)", "CPU ms a request", "p50 ms", "p99 ms"],
    comparisons.map(({ name, baseline, measured, ratio }) => [
      name,
      pair(baseline.throughput, measured.throughput, 0),
      `**${ratio.median.toFixed(2)}** (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`,
      pair(baseline.cpuMs, measured.cpuMs, 2),
      pair(baseline.p50, measured.p50, 1),
      pair(baseline.p99, measured.p99, 1),
    ]),
  );
}

export function renderMemory(
  rows: readonly { name: string; memory: Memory }[],
  requests: number,
  streams: number,
): string {
  return renderTable(
    [
      "MiB resident",
      "warm",
      `after ${requests} requests`,
      `with ${streams} open streams`,
      "a second after them",
      "KiB a stream",
    ],
    rows.map(({ name, memory }) => [
      name,
      ...[memory.start, memory.afterRequests, memory.withOpenStreams, memory.afterStreams].map((mib) => mib.toFixed(0)),
      memory.perStreamKib.toFixed(0),
    ]),
  );
}

export function renderSize(size: Size): string {
  return renderTable(
    ["", ""],
    [
      ["bundle, minified", `${size.bundleKib.toFixed(1)} KiB, ${size.gzipKib.toFixed(1)} KiB gzip`],
      ["start-up CPU (`wrangler check startup`)", `${size.startupMs.toFixed(1)} ms`],
      ["`npm ci --omit=dev`", `${size.installedMib.toFixed(1)} MiB in ${size.installedPackages} packages`],
    ],
  );
}

/** Rows of cells as an aligned Markdown table. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function pair(baseline: number, measured: number, digits: number): string {
  return `${baseline.toFixed(digits)} → ${measured.toFixed(digits)}`;
}
