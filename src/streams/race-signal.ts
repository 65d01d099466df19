/**
 * Waits for work that takes no signal itself: what a binding does. When `signal` aborts, the work goes on with nobody waiting
 * for it.
 * @throws whatever the work throws; the signal's reason once it aborts
 */
export async function raceSignal<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  signal.throwIfAborted();
  const over = Promise.withResolvers<never>();
  const leave = (): void => over.reject(signal.reason);
  signal.addEventListener("abort", leave);
  try {
    return await Promise.race([work(), over.promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
