import type { Bindings } from "../bindings.ts";
import { toDate } from "./spend-allowance.ts";
import type { UsageNamespace } from "./usage-rpc.ts";

/** How long an isolate gathers failures before it counts them, in milliseconds: a flood is one call, not thousands. */
const gatherMs = 2_000;

/** Objects that count requests without a valid key: several, to spread a flood. */
const shards = 8;

/** What was gathered and not counted yet. */
interface Gathered {
  /** Unix milliseconds. */
  since: number;
  /** Owner → code → count. */
  counts: Map<string, Record<string, number>>;
}

const gathered = new WeakMap<UsageNamespace, Gathered>();

/**
 * Counts a failed request by the code of its error: of a key, or of nobody, when no valid key came with it. Gathers what
 * fails meanwhile, so the promise takes a while. What an isolate has gathered when it ends is lost.
 * Never throws.
 */
export async function countError(
  { USAGE: usage }: Bindings,
  { owner, code }: { owner: string | undefined; code: string },
): Promise<void> {
  if (usage === undefined) return;
  const now = Date.now();
  const waiting = gathered.get(usage);
  // A request that was to count them may have ended before it did.
  const isWaiting = waiting !== undefined && now - waiting.since < 10 * gatherMs;
  const { counts } = isWaiting ? waiting : gather(usage, now);
  const name = owner ?? `unauthenticated:${Math.floor(Math.random() * shards)}`;
  const errors = counts.get(name) ?? {};
  errors[code] = (errors[code] ?? 0) + 1;
  counts.set(name, errors);
  if (isWaiting) return;
  await scheduler.wait(gatherMs);
  if (gathered.get(usage)?.counts === counts) gathered.delete(usage);
  const date = toDate(Date.now());
  try {
    await Promise.all([...counts].map(([key, codes]) => usage.getByName(key).countErrors(key, date, codes)));
  } catch {
    console.error(JSON.stringify({ event: "errors_not_counted", counts: Object.fromEntries(counts) }));
  }
}

function gather(usage: UsageNamespace, since: number): Gathered {
  const started = { since, counts: new Map<string, Record<string, number>>() };
  gathered.set(usage, started);
  return started;
}
