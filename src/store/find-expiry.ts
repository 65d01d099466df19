/** When what is kept now will be erased, in Unix milliseconds. */
export function findExpiry({ retentionDays }: { retentionDays: number }): number {
  return Date.now() + retentionDays * 86_400_000;
}
