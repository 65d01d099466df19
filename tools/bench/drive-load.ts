import autocannon from "autocannon";

export interface Load {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** `POST` by default. */
  method?: "GET" | "POST";
  /** Requests under way at once. */
  connections: number;
}

export interface LoadResult {
  requests: number;
  /** Answered requests a second. */
  throughput: number;
  /** Milliseconds to the whole answer. */
  p50: number;
  p99: number;
}

/** Keeps requests coming for `seconds`. Throws when any fails or is not answered 200. */
export async function driveLoad({ seconds, ...load }: Load & { seconds: number }): Promise<LoadResult> {
  const startedAt = performance.now();
  const { latencies, lastAt } = await cannonade({ ...load, duration: seconds });
  return {
    requests: latencies.length,
    throughput: latencies.length / ((lastAt - startedAt) / 1_000),
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
}

/** Sends `amount` requests. Throws when any fails or is not answered 200. */
export async function driveRequests(load: Load & { amount: number }): Promise<void> {
  await cannonade(load);
}

/** Runs autocannon and takes the latencies from its events, since its own histogram counts whole milliseconds. */
async function cannonade(
  options: Load & ({ amount: number } | { duration: number }),
): Promise<{ latencies: number[]; lastAt: number }> {
  const latencies: number[] = [];
  const failures: string[] = [];
  let lastAt = 0;
  await new Promise<void>((resolve, reject) => {
    const run = autocannon({ method: "POST", ...options, sampleInt: 100, timeout: 60 }, (error: Error | null) =>
      error === null ? resolve() : reject(error),
    );
    run.on("response", (_client, status, _bytes, milliseconds) => {
      // autocannon's types say number; it gives text.
      if (`${status}` !== "200") failures.push(`status ${status}`);
      latencies.push(milliseconds);
      lastAt = performance.now();
    });
    run.on("reqError", (error: unknown) => failures.push(String(error)));
  });
  if (failures.length > 0) throw new Error(`${failures.length} requests to ${options.url} failed: ${failures[0]}`);
  if (latencies.length === 0) throw new Error(`no request to ${options.url} was answered in time`);
  return { latencies: latencies.toSorted((a, b) => a - b), lastAt };
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
