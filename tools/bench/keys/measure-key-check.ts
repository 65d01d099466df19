import { driveRequests } from "../drive-load.ts";
import { readCpuMs } from "../process-usage.ts";
import { makeKey, type Outcome } from "./client.ts";
import type { World } from "./world.ts";

/** What the check of a managed key may cost while its lease holds, in CPU milliseconds a request. */
const most = 0.05;
const connections = 16;
const rounds = 5;

/**
 * CPU of the whole process for requests that need no model, with no key check at all (AUTH=none) and with a managed key's,
 * in turns, so that what else the machine does falls on both. Prints both, and returns what was wrong.
 */
export async function measureKeyCheck(world: World, amount: number): Promise<Outcome> {
  const { key } = await makeKey(world.url("one"));
  const openTarget = { url: `${world.url("open")}/v1/models`, headers: {} };
  const withKey = { url: `${world.url("one")}/v1/models`, headers: { authorization: `Bearer ${key}` } };
  const measure = async (target: { url: string; headers: Record<string, string> }): Promise<number> => {
    const before = readCpuMs(world.processId()) ?? Number.NaN;
    await driveRequests({ ...target, body: "", method: "GET", connections, amount: amount / rounds });
    return (readCpuMs(world.processId()) ?? Number.NaN) - before;
  };
  await measure(openTarget);
  await measure(withKey);
  let [open, checked] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    open += await measure(openTarget);
    checked += await measure(withKey);
  }
  const cost = (checked - open) / amount;
  const without = (open / amount).toFixed(4);
  const said = `${amount} requests each: ${without} ms CPU without a key check, ${(checked / amount).toFixed(4)} ms with, so ${cost.toFixed(4)} ms for it`;
  return { said: [said], wrong: cost > most ? [`it costs more than ${most} ms`] : [] };
}
