import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { countUsage, readUsed, takeRequest } from "../../src/metering/spend-allowance.ts";
import type { AllowanceRequest, CountedCall } from "../../src/metering/usage-rpc.ts";

/** An owner no other test uses: counters outlive a test. */
let owners = 0;
function createOwner(): string {
  return `owner-${owners++}`;
}

/** An isolate of its own: what is remembered is remembered by binding. Counts what it asks. */
function createIsolate() {
  const asked: AllowanceRequest[] = [];
  const usage = {
    getByName: (name: string) => {
      const stub = env.USAGE.getByName(name);
      return {
        count: (owner: string, call: CountedCall) => stub.count(owner, call),
        countErrors: (owner: string, date: string, errors: Record<string, number>) =>
          stub.countErrors(owner, date, errors),
        grant(request: AllowanceRequest) {
          asked.push(request);
          return stub.grant(request);
        },
        readRange: (from: string, to: string) => stub.readRange(from, to),
      };
    },
  };
  return { usage, asked };
}

const call: CountedCall = {
  date: "2026-11-24",
  model: "m",
  succeeded: true,
  tokens: { input: 6, cached: 0, output: 4, reasoning: 0, estimated: false },
  cost: 3_000,
  ttfbMs: 100,
};
const noon = Date.parse("2026-11-24T12:00:00Z");

const isSpent = () => false;

describe("requests a minute", () => {
  it("are let through up to the limit, over several isolates, and renew with the minute", async () => {
    const owner = createOwner();
    const isolates = [createIsolate(), createIsolate(), createIsolate()];
    const send = async (now: number) => {
      const taken = await Promise.all(
        Array.from({ length: 64 }, (_, index) => {
          const { usage } = isolates[index % isolates.length] ?? createIsolate();
          return takeRequest({ usage, owner }, { requestsPerMinute: 40, now });
        }),
      );
      return taken.filter(({ isAllowed }) => isAllowed).length;
    };
    expect((await send(noon)) + (await send(noon + 30_000))).toBe(40);
    expect((await send(noon + 60_000)) + (await send(noon + 119_999))).toBe(40);
  });

  it("are asked for a twentieth at a time", async () => {
    const { usage, asked } = createIsolate();
    const owner = createOwner();
    for (let sent = 0; sent < 100; sent++) {
      const { remaining } = await takeRequest({ usage, owner }, { requestsPerMinute: 100, now: noon });
      expect(remaining).toBe(99 - sent);
    }
    expect(asked).toHaveLength(20);
    expect(await takeRequest({ usage, owner }, { requestsPerMinute: 100, now: noon })).toEqual({
      isAllowed: false,
      remaining: 0,
    });
    expect(asked).toHaveLength(20);
  });

  it("of a slow clock count in the minute that has begun", async () => {
    const [ahead, behind] = [createIsolate(), createIsolate()];
    const owner = createOwner();
    await takeRequest({ usage: ahead.usage, owner }, { requestsPerMinute: 1, now: noon });
    expect(await takeRequest({ usage: behind.usage, owner }, { requestsPerMinute: 1, now: noon - 1_000 })).toEqual({
      isAllowed: false,
      remaining: 0,
    });
  });
});

describe("what a key has used", () => {
  it("is asked for once in thirty seconds, and heard with each call that is counted", async () => {
    const { usage, asked } = createIsolate();
    const counter = { usage, owner: createOwner() };
    const now = Date.now();
    const today = new Date(now).toISOString().slice(0, 10);
    expect(await readUsed(counter, { now, isSpent })).toMatchObject({ date: today, dayTokens: 0, monthCost: 0 });
    await env.USAGE.getByName(counter.owner).count(counter.owner, { ...call, date: today });
    expect(await readUsed(counter, { now: now + 20_000, isSpent })).toMatchObject({ dayTokens: 0 });
    await countUsage(counter, { ...call, date: today });
    expect(await readUsed(counter, { now: now + 20_000, isSpent })).toMatchObject({ dayTokens: 20, dayCost: 6_000 });
    expect(asked).toHaveLength(1);
    await readUsed(counter, { now: now + 70_000, isSpent });
    expect(asked).toHaveLength(2);
  });

  it("is not asked for again that day once it is spent", async () => {
    const { usage, asked } = createIsolate();
    const counter = { usage, owner: createOwner() };
    const now = Date.parse(`${new Date().toISOString().slice(0, 10)}T10:00:00Z`);
    await countUsage(counter, { ...call, date: new Date(now).toISOString().slice(0, 10) });
    const spent = { isSpent: () => true };
    await readUsed(counter, { now: now + 12 * 3_600_000, ...spent });
    expect(asked).toHaveLength(0);
    await readUsed(counter, { now: now + 24 * 3_600_000, ...spent });
    expect(asked).toHaveLength(1);
  });

  it("is of the day and of its month", async () => {
    const owner = createOwner();
    const counter = env.USAGE.getByName(owner);
    await counter.count(owner, { ...call, date: "2026-10-31" });
    await counter.count(owner, { ...call, date: "2026-11-01" });
    expect(await counter.count(owner, call)).toEqual({
      date: "2026-11-24",
      dayTokens: 10,
      dayCost: 3_000,
      monthTokens: 20,
      monthCost: 6_000,
    });
  });
});

describe("a counter", () => {
  it("pushes absolute totals to the directory by its alarm, and days that changed meanwhile again", async () => {
    const owner = createOwner();
    const counter = env.USAGE.getByName(owner);
    const directory = env.KEY_DIRECTORY.getByName("directory");
    const date = "2026-11-20";
    await counter.count(owner, { ...call, date });
    await counter.countErrors(owner, date, { invalid_json: 2 });
    expect(await runDurableObjectAlarm(counter)).toBe(true);
    const readRows = async () => (await directory.readUsage(date, date)).filter((row) => row.owner === owner);
    expect(await readRows()).toMatchObject([{ model: "m", requests: 1, input_tokens: 6, cost: 3_000 }]);
    expect(await runDurableObjectAlarm(counter)).toBe(false);
    await counter.count(owner, { ...call, date });
    expect(await runDurableObjectAlarm(counter)).toBe(true);
    expect(await readRows()).toMatchObject([{ model: "m", requests: 2, input_tokens: 12, cost: 6_000 }]);
  });
});
