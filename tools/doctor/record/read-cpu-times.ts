import { isRecord } from "../../../src/protocol/json.ts";
import type { Account } from "./send-case.ts";

/**
 * CPU milliseconds of the Worker's invocations in a span of time, by Workers Logs
 * (developers.cloudflare.com/api/resources/workers/subresources/observability). Undefined when they can't be read: the
 * token lacks the permission, or the logs are off.
 */
export async function readCpuTimes(
  { id, token, api }: Account,
  { worker, from, to }: { worker: string; from: number; to: number },
): Promise<number[] | undefined> {
  const filter = { key: "$metadata.service", operation: "eq", type: "string", value: worker };
  const query = {
    queryId: "doctor-record",
    timeframe: { from, to },
    view: "events",
    limit: 100,
    parameters: { datasets: [], filterCombination: "and", filters: [filter] },
  };
  try {
    const answer = await fetch(`${api}/accounts/${id}/workers/observability/telemetry/query`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(query),
      signal: AbortSignal.timeout(15_000),
    });
    const times = findCpuTimes(await answer.json());
    return times.length === 0 ? undefined : times;
  } catch {
    return undefined;
  }
}

/** Several lines of the log may belong to one invocation. */
function findCpuTimes(answer: unknown): number[] {
  const result = isRecord(answer) ? answer["result"] : undefined;
  const page = isRecord(result) ? result["events"] : undefined;
  const events: unknown[] = isRecord(page) && Array.isArray(page["events"]) ? page["events"] : [];
  const times = new Map<unknown, number>();
  for (const event of events.filter(isRecord)) {
    const workers = isRecord(event["$workers"]) ? event["$workers"] : {};
    if (typeof workers["cpuTimeMs"] === "number") times.set(workers["requestId"], workers["cpuTimeMs"]);
  }
  return [...times.values()];
}
