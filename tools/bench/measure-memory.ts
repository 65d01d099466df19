import { setTimeout as sleep } from "node:timers/promises";
import { openConnection, type RawConnection } from "../../test/support/raw-client.ts";
import type { BenchCase } from "./cases.ts";
import { benchHeaders, type Target } from "./compare.ts";
import { driveRequests } from "./drive-load.ts";
import { heldStream } from "./measure-first-byte.ts";
import { readMemoryMib } from "./process-usage.ts";

/** Resident memory of a workerd process, in MiB. */
export interface Memory {
  /** After 200 requests, when everything is loaded. */
  start: number;
  afterRequests: number;
  withOpenStreams: number;
  /** A second after the streams' clients have left. */
  afterStreams: number;
  /** KiB for one more open stream. */
  perStreamKib: number;
}

/** Fills one process with `requests` small requests, then with `streams` open streams that send nothing more. */
export async function measureMemory({
  target,
  small,
  requests,
  streams,
}: {
  target: Target;
  small: BenchCase;
  requests: number;
  streams: number;
}): Promise<Memory> {
  const memory = (): number => readMemoryMib(target.processId);
  const drive = (amount: number): Promise<void> =>
    driveRequests({ url: target.url, headers: benchHeaders, body: small.body, connections: small.connections, amount });
  await drive(200);
  const start = memory();
  await drive(requests);
  const afterRequests = memory();
  const connections: RawConnection[] = [];
  for (let count = 0; count < streams; count += 1) {
    const client = await openConnection(Number(new URL(target.url).port));
    client.send(heldStream);
    await client.waitForText("event: response.created");
    connections.push(client);
  }
  const withOpenStreams = memory();
  for (const client of connections) client.reset();
  await sleep(1_000);
  return {
    start,
    afterRequests,
    withOpenStreams,
    afterStreams: memory(),
    perStreamKib: ((withOpenStreams - afterRequests) * 1_024) / streams,
  };
}
