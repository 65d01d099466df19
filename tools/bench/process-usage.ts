import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Kernel clock ticks a second in /proc, the same on every Linux Node runs on. */
const ticksPerSecond = 100;

/** CPU milliseconds a process has used in all its threads, in steps of 10; undefined where there is no /proc. */
export function readCpuMs(processId: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${processId}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field, the program's name in brackets, may hold spaces: user and system time are 12 and 13 after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1_000;
}

/** Resident memory of a process in MiB. */
export function readMemoryMib(processId: number): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(processId)], { encoding: "utf8" })) / 1_024;
}
