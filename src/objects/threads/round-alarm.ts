/** What is over can't be read from then on; it is deleted at the next full hour, many at once. */
const alarmStep = 3_600_000;

/** When the alarm rings for this expiry, both in Unix milliseconds: at once for one that is over. */
export function roundAlarm(expiresAt: number): number {
  return expiresAt <= Date.now() ? expiresAt : Math.ceil(expiresAt / alarmStep) * alarmStep;
}
