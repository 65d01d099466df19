import { ApiError } from "../errors.ts";

/** Wrong keys that one client address may try in a minute, in one isolate. */
export const mostTries = 30;

/** Addresses counted at once. An attacker with more of them than that is not slowed, and takes no memory either. */
const mostAddresses = 10_000;

/** Wrong keys of each address in the current minute. Gone with the isolate: this bounds guessing, it does not log it. */
const tries = { minute: 0, counts: new Map<string, number>() };

/**
 * Throws 429 `too_many_wrong_keys` when the address has tried too many keys this minute, before its key is looked at: a
 * right key would otherwise still show, however many were tried.
 */
export function checkTries(address: string | undefined): void {
  const now = Date.now();
  if (address === undefined || (countsOf(now).get(toNetwork(address)) ?? 0) < mostTries) return;
  const seconds = Math.ceil((60_000 - (now % 60_000)) / 1_000);
  throw new ApiError({
    status: 429,
    type: "rate_limit_error",
    code: "too_many_wrong_keys",
    message: `Too many wrong API keys came from this address. Correct the key, and try again in ${seconds} seconds.`,
    headers: { "retry-after": String(seconds), "x-should-retry": "false" },
  });
}

/** Counts a wrong key. A request without an address, which Cloudflare never makes, is not counted. */
export function countTry(address: string | undefined): void {
  if (address === undefined) return;
  const counts = countsOf(Date.now());
  const network = toNetwork(address);
  if (counts.size >= mostAddresses && !counts.has(network)) return;
  counts.set(network, (counts.get(network) ?? 0) + 1);
}

function countsOf(now: number): Map<string, number> {
  const minute = Math.floor(now / 60_000);
  if (tries.minute !== minute) {
    tries.minute = minute;
    tries.counts.clear();
  }
  return tries.counts;
}

/** One client has a whole /64 of IPv6 addresses: four groups, written out or cut short by `::`. */
function toNetwork(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":");
  if (tail === undefined) return groups.slice(0, 4).join(":");
  const after = tail === "" ? [] : tail.split(":");
  const missing = Math.max(8 - groups.length - after.length, 0);
  return [...groups, ...Array.from({ length: missing }, () => "0"), ...after].slice(0, 4).join(":");
}
