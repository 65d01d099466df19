/** Each bucket is a tenth wider than the one before, so that a percentile read from buckets is within 5 %. */
const growth = 1.1;
const lastBucket = 150; // 1.1 to the 150th: half an hour and more.

/** The bucket of a time in milliseconds. */
export function findBucket(milliseconds: number): number {
  const bucket = Math.round(Math.log(Math.max(milliseconds, 1)) / Math.log(growth));
  return Math.min(bucket, lastBucket);
}

/** The time under which `share` of all counted times lie, in whole milliseconds; null when none was counted. */
export function findPercentile(buckets: readonly { bucket: number; count: number }[], share: number): number | null {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  let left = Math.ceil(total * share);
  for (const { bucket, count } of buckets.toSorted((one, other) => one.bucket - other.bucket)) {
    left -= count;
    if (left <= 0 && count > 0) return Math.round(growth ** bucket);
  }
  return null;
}
