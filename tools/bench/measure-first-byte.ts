import { setTimeout } from "node:timers/promises";
import { openConnection, renderRequest } from "../../test/support/raw-client.ts";
import { benchHeaders, median, type Target } from "./compare.ts";

const settleMs = 30;

/** Median milliseconds from a request's last byte to the answer's first event, one request at a time, alternating. */
export async function measureFirstByte({
  baseline,
  measured,
  times,
}: {
  baseline: Target;
  measured: Target;
  times: number;
}): Promise<{ baseline: number; measured: number }> {
  const baselineTimes: number[] = [];
  const measuredTimes: number[] = [];
  for (let time = 0; time < times; time += 1) {
    baselineTimes.push(await timeFirstEvent(baseline));
    measuredTimes.push(await timeFirstEvent(measured));
  }
  return { baseline: median(baselineTimes), measured: median(measuredTimes) };
}

async function timeFirstEvent({ url }: Target): Promise<number> {
  const client = await openConnection(Number(new URL(url).port));
  const startedAt = performance.now();
  client.send(heldStream);
  await client.waitForText("event: response.created");
  const milliseconds = performance.now() - startedAt;
  client.reset();
  // What is done about an answer whose client left, such as storing it, must not fall on the next request.
  await setTimeout(settleMs);
  return milliseconds;
}

/** A request for a stream that sends one event and then nothing. */
export const heldStream = renderRequest({
  headers: benchHeaders,
  body: JSON.stringify({ model: "bench/held", input: "Say hi.", stream: true }),
});
