import { setTimeout as sleep } from "node:timers/promises";
import { type MadeKey, makeKey, type Outcome, send, spread, type Way } from "./client.ts";
import type { World } from "./world.ts";

const connections = 64;
const way: Way = { base: "/ai/v1", stream: false, store: false };
const perMinute = 60;
/** Of a hundred tokens each: a budget for fifty calls. */
const budget = 5_000;
const tokensACall = 100;

/**
 * 64 connections, half to each isolate, send ten keys' requests until each has been refused often: five keys with a
 * limit a minute, five with a budget. Prints what was let through over each limit, and returns what was wrong.
 */
export async function checkLimits(world: World): Promise<Outcome> {
  const rated = await makeKeys(world, { requests_per_minute: perMinute });
  const budgeted = await makeKeys(world, { budget: { daily_tokens: budget } });
  const said: string[] = [];
  const wrong: string[] = [];

  await startOfMinute();
  const minute = Math.floor(Date.now() / 60_000);
  const rateCounts = await sendMany(world, rated, { each: perMinute * 3, waits: 5 });
  if (Math.floor(Date.now() / 60_000) !== minute) wrong.push("the requests took longer than their minute");
  for (const { name } of rated) {
    const through = rateCounts.get(name) ?? 0;
    said.push(`${name}: ${perMinute} requests a minute, ${perMinute * 3} sent, ${through} let through`);
    if (through > perMinute) wrong.push(`${name}: ${through - perMinute} requests over its limit`);
    if (through < perMinute * 0.9) wrong.push(`${name}: only ${through} of its ${perMinute} requests let through`);
  }

  const budgetCounts = await sendMany(world, budgeted, { each: 150, waits: 20 });
  for (const { name } of budgeted) {
    const used = (budgetCounts.get(name) ?? 0) * tokensACall;
    said.push(`${name}: budget of ${budget} tokens, ${used} let through, ${used - budget} over it`);
    if (used < budget) wrong.push(`${name}: stopped at ${used} of ${budget} tokens`);
    if (used > budget + connections * tokensACall) wrong.push(`${name}: more over its budget than was under way`);
  }
  return { said, wrong };
}

function makeKeys(world: World, settings: object): Promise<MadeKey[]> {
  return Promise.all(Array.from({ length: 5 }, () => makeKey(world.url("one"), settings)));
}

/** Answered 200, by the key's name. */
async function sendMany(
  world: World,
  keys: readonly MadeKey[],
  { each, waits }: { each: number; waits: number },
): Promise<Map<string, number>> {
  const through = new Map<string, number>();
  const all = Array.from({ length: each }, (_, turn) => keys.map((key) => ({ ...key, turn }))).flat();
  await spread(all, connections, async ({ name, key, turn }) => {
    const order = { mark: `${name}-${turn}`, input: 60, output: 40, waits };
    const { status } = await send(world.url(turn % 2 === 0 ? "one" : "two"), { key, way, order });
    if (status === 200) through.set(name, (through.get(name) ?? 0) + 1);
  });
  return through;
}

/** A minute of the clock with enough of it left. */
async function startOfMinute(): Promise<void> {
  const into = Date.now() % 60_000;
  if (into > 30_000) await sleep(60_000 - into + 100);
}
