import { describe, expect, it } from "vitest";
import { runTogether } from "../../src/hosted/run-together.ts";

/** Tasks that end when they are told, and what is known of them. */
function makeTasks(count: number) {
  const begun: number[] = [];
  const ends = Array.from({ length: count }, () => Promise.withResolvers<string>());
  const tasks = ends.map(({ promise }, index) => () => {
    begun.push(index);
    return promise;
  });
  return { begun, ends, tasks };
}

async function finish<Result>(running: AsyncGenerator<void, Result>): Promise<Result> {
  for (;;) {
    const step = await running.next();
    if (step.done === true) return step.value;
  }
}

describe("runTogether", () => {
  it("yields once they have begun and each time one has ended, and keeps their order", async () => {
    const { begun, ends, tasks } = makeTasks(3);
    const running = runTogether(tasks, 2);
    await running.next();
    expect(begun).toEqual([0, 1]);
    ends[1]?.resolve("b");
    await running.next();
    expect(begun).toEqual([0, 1, 2]);
    ends[2]?.resolve("c");
    ends[0]?.resolve("a");
    expect(await finish(running)).toEqual(["a", "b", "c"]);
  });

  it("ends also when all have ended before it is asked", async () => {
    const running = runTogether([() => Promise.resolve("a"), () => Promise.resolve("b")], 1);
    await running.next();
    await scheduler.wait(1);
    expect(await finish(running)).toEqual(["a", "b"]);
    expect(await runTogether([], 4).next()).toEqual({ done: true, value: [] });
  });

  it("begins no more after a failure, and waits for those that run", async () => {
    const { begun, ends, tasks } = makeTasks(4);
    const running = runTogether(tasks, 2);
    await running.next();
    const reason = new Error("the client left");
    ends[0]?.reject(reason);
    await running.next();
    ends[1]?.resolve("b");
    await expect(running.next()).rejects.toBe(reason);
    expect(begun).toEqual([0, 1]);
  });
});
