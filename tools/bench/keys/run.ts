/**
 * `npm run bench:keys`: managed keys in a real workerd, two isolates of one Worker over the same objects. Counts what is let
 * through over limits by 64 connections of ten keys, measures a revocation and the key check, compares usage with what
 * upstream itself counted, also with kills. Fails on anything that is wrong. Takes three minutes; `-- --short` one.
 */
import { rm } from "node:fs/promises";
import { buildBundle } from "../../../test/support/build-bundle.ts";
import { startProgress } from "../../progress.ts";
import { checkLimits } from "./check-limits.ts";
import { checkRevocation } from "./check-revocation.ts";
import { checkKills, checkUsage } from "./check-usage.ts";
import type { Outcome } from "./client.ts";
import { measureKeyCheck } from "./measure-key-check.ts";
import { startWorld, type World } from "./world.ts";

const short = process.argv.includes("--short");
const size = short
  ? { usage: 500, kills: { amount: 500, kills: 1 }, checks: 5_000 }
  : { usage: 5_000, kills: { amount: 3_000, kills: 3 }, checks: 50_000 };

const parts: readonly [string, (world: World) => Promise<Outcome>][] = [
  ["limits", checkLimits],
  ["the key check", (world) => measureKeyCheck(world, size.checks)],
  ["usage", (world) => checkUsage(world, size.usage)],
  ["kills", (world) => checkKills(world, size.kills)],
  ["revocation", checkRevocation],
];

const progress = startProgress("bench:keys");
const bundle = await buildBundle();
const world = await startWorld(bundle.entryPath);
try {
  for (const [name, check] of parts) {
    progress.update(name);
    const { said, wrong } = await check(world);
    const lines = [...said, ...wrong.slice(0, 10)].map((line) => `     ${line}`);
    progress.print([`${wrong.length === 0 ? "ok  " : "FAIL"} ${name}`, ...lines].join("\n"));
    if (wrong.length > 0) process.exitCode = 1;
  }
} finally {
  progress.end();
  await world.stop();
  await rm(bundle.directory, { recursive: true, force: true });
}
