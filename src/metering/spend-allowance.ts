import type { Bindings } from "../bindings.ts";
import { misconfigured } from "../errors.ts";
import type { AllowanceRequest, CountedCall, UsageNamespace } from "./usage-rpc.ts";
import type { Used } from "./usage-totals.ts";

/** How long an isolate trusts what it last heard of a key's use, in milliseconds. */
const maxAgeMs = 30_000;

/** Most keys whose use one isolate remembers. A dropped key is asked for again. */
const mostAllowances = 10_000;

/** What this isolate may let through of one key's requests, by what it last heard of its counter. */
interface Allowance {
  used: Used | undefined;
  /** Unix milliseconds. */
  readAt: number;
  minute: number;
  /** Requests of the minute that are this isolate's to let through. */
  left: number;
  /** Requests of the minute that nobody has been given. */
  ungranted: number;
  /** Whether the counter is being asked: who comes meanwhile asks for itself alone. */
  isAsking: boolean;
}

const allowances = new WeakMap<UsageNamespace, Map<string, Allowance>>();

/** The counter of one key: the name of one in API_KEYS, or the id of a managed one. */
export interface Counter {
  usage: UsageNamespace;
  owner: string;
}

/** Throws when nothing is bound that counts: a limit that would not hold is worse than none. */
export function findCounter({ USAGE: usage }: Bindings, owner: string): Counter {
  if (usage !== undefined) return { usage, owner };
  throw misconfigured(
    "USAGE",
    "The limits of a key need the Durable Object class UsageCounter bound as USAGE in wrangler.toml.",
  );
}

/** What a key may send in a minute, and what is left of it. */
export interface RequestsLeft {
  isAllowed: boolean;
  remaining: number;
}

/**
 * Takes one request from a key's minute. The isolate holds some of them at a time and asks the key's counter when they
 * are spent. No request is given twice, so a minute never has more than its limit; near the limit, requests held by
 * another isolate may be refused here although they are not sent there.
 */
export async function takeRequest(
  counter: Counter,
  { requestsPerMinute, now }: { requestsPerMinute: number; now: number },
): Promise<RequestsLeft> {
  const allowance = allowanceOf(counter);
  const minute = Math.floor(now / 60_000);
  if (allowance.minute !== minute) Object.assign(allowance, { minute, left: 0, ungranted: requestsPerMinute });
  if (allowance.left === 0 && allowance.ungranted > 0) {
    // A twentieth at a time: some twenty questions a minute at most, however many requests.
    const wanted = allowance.isAsking ? 1 : Math.ceil(requestsPerMinute / 20);
    await ask(counter, { date: toDate(now), minute, requestsPerMinute, wanted });
  }
  const isAllowed = allowance.left > 0;
  if (isAllowed) allowance.left -= 1;
  return { isAllowed, remaining: allowance.left + allowance.ungranted };
}

/**
 * What a key has used on the day of `now` and in its month, as this isolate last heard it: with each call that it
 * counted itself, and at the latest `maxAgeMs` ago. What is spent already stays spent: `isSpent` saves asking again.
 */
export async function readUsed(
  counter: Counter,
  { now, isSpent }: { now: number; isSpent: (used: Used) => boolean },
): Promise<Used> {
  const allowance = allowanceOf(counter);
  const date = toDate(now);
  const { used, readAt } = allowance;
  if (used?.date === date && (now - readAt < maxAgeMs || isSpent(used))) return used;
  return ask(counter, { date, minute: Math.floor(now / 60_000), requestsPerMinute: undefined, wanted: 0 });
}

/** Counts a call for a key. */
export async function countUsage({ usage, owner }: Counter, call: CountedCall): Promise<void> {
  const used = await usage.getByName(owner).count(owner, call);
  remember(allowanceOf({ usage, owner }), used);
}

async function ask({ usage, owner }: Counter, request: AllowanceRequest): Promise<Used> {
  const allowance = allowanceOf({ usage, owner });
  allowance.isAsking = true;
  try {
    const { used, granted, remaining } = await usage.getByName(owner).grant(request);
    remember(allowance, used);
    // A grant that comes when its minute is over is lost.
    if (request.requestsPerMinute !== undefined && allowance.minute === request.minute) {
      allowance.left += granted;
      allowance.ungranted = remaining;
    }
    return used;
  } finally {
    allowance.isAsking = false;
  }
}

/** Answers may come in another order than they were given in; use only grows. */
function remember(allowance: Allowance, used: Used): void {
  const known = allowance.used;
  if (known === undefined || isLater(used, known)) Object.assign(allowance, { used, readAt: Date.now() });
}

function isLater(used: Used, known: Used): boolean {
  if (used.date !== known.date) return used.date > known.date;
  return used.monthTokens >= known.monthTokens && used.monthCost >= known.monthCost;
}

function allowanceOf({ usage, owner }: Counter): Allowance {
  let known = allowances.get(usage);
  if (known === undefined) {
    known = new Map();
    allowances.set(usage, known);
  }
  let allowance = known.get(owner);
  if (allowance === undefined) {
    allowance = { used: undefined, readAt: 0, minute: 0, left: 0, ungranted: 0, isAsking: false };
    known.set(owner, allowance);
    const [oldest] = known.keys();
    if (known.size > mostAllowances && oldest !== undefined) known.delete(oldest);
  }
  return allowance;
}

export function toDate(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
