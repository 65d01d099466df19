import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScriptedUpstream, type ScriptedUpstream } from "./scripted-upstream.ts";
import { startWorkerd, type Workerd } from "./start-workerd.ts";
import type { ServerSource, WorkerSource } from "./workerd-config.ts";

/** The key every Worker of `startApi` knows, under the name `tester`. */
export const testKey = "test-key-0123456789";

/** What a client of the API sends with every request. */
export const clientHeaders = { authorization: `Bearer ${testKey}`, "content-type": "application/json" };

export interface Api {
  upstream: ScriptedUpstream;
  workerd: Workerd;
  /** Where the Durable Objects write. */
  storagePath: string;
  stop(): Promise<void>;
}

/**
 * Starts the production bundle in a real workerd in front of a scripted upstream: one Worker for each entry of
 * `workers`, so that one process serves all the settings a test file needs. The first is the one asked by default.
 */
export async function startApi(
  bundlePath: string,
  workers: Omit<WorkerSource, "modulePath">[] = [{ name: "api" }],
  neighbours: (WorkerSource | ServerSource)[] = [],
): Promise<Api> {
  const upstream = await startScriptedUpstream();
  // On disk, as alarms need it: workerd has none for objects in memory.
  const storagePath = await mkdtemp(join(tmpdir(), "storage-"));
  try {
    const workerd = await startWorkerd({
      workers: [
        ...workers.map((worker) => ({
          ...worker,
          modulePath: bundlePath,
          vars: { API_KEYS: `tester:${testKey}`, ...worker.vars },
        })),
        ...neighbours.filter((neighbour) => "modulePath" in neighbour),
      ],
      servers: neighbours.filter((neighbour) => "address" in neighbour),
      upstreamAddress: upstream.address,
      ...(workers.some(({ durableObjects }) => durableObjects !== undefined) && { storagePath }),
    });
    return {
      upstream,
      workerd,
      storagePath,
      async stop() {
        await workerd.stop();
        await upstream.stop();
        await rm(storagePath, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await upstream.stop();
    await rm(storagePath, { recursive: true, force: true });
    throw error;
  }
}
