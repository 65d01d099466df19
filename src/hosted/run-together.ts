/**
 * Runs tasks side by side, `atOnce` of them at a time, and yields whenever something has happened that somebody may want
 * to pass on: once the first have begun, and each time one has ended. A task that rejects ends it all, when those that
 * run have ended.
 */
export async function* runTogether<Result>(
  tasks: readonly (() => Promise<Result>)[],
  atOnce: number,
): AsyncGenerator<void, Result[]> {
  const results: Result[] = [];
  const running = new Set<Promise<void>>();
  let failure: { reason: unknown } | undefined;
  for (const [index, task] of tasks.entries()) {
    if (running.size >= atOnce) {
      yield;
      await nextOf(running);
    }
    if (failure !== undefined) break;
    const ended = task()
      .then(
        (result) => void (results[index] = result),
        (reason: unknown) => void (failure ??= { reason }),
      )
      .finally(() => running.delete(ended));
    running.add(ended);
  }
  while (running.size > 0) {
    yield;
    await nextOf(running);
  }
  if (failure !== undefined) throw failure.reason;
  return results;
}

/** Whoever was yielded to may have taken so long that all have ended: a race of none has no end. */
async function nextOf(running: ReadonlySet<Promise<void>>): Promise<void> {
  if (running.size > 0) await Promise.race(running);
}
