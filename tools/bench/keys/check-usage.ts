import { setTimeout as sleep } from "node:timers/promises";
import { askAdmin, type MadeKey, makeKey, type Outcome, type Seen, send, spread, type Way } from "./client.ts";
import type { Order, World } from "./world.ts";

const ways: readonly Way[] = [
  { base: "/ai/v1", stream: false, store: false },
  { base: "/ai/v1", stream: true, store: true },
  { base: "/openai/v1", stream: false, store: true },
  { base: "/openai/v1", stream: true, store: true },
  { base: "/openai/v1", stream: true, store: false },
];

/** Billionths of a dollar for a token in and out of gpt-oss-20b. */
const price = { input: 200, output: 300 };

interface Sending {
  owner: MadeKey;
  way: Way;
  order: Order;
  seen?: Seen;
}

interface Counts {
  requests: number;
  input: number;
  output: number;
  cost: number;
}

/** Sends `amount` requests of ten keys in five ways, some of which upstream fails. */
async function sendAll(world: World, { amount, name }: { amount: number; name: string }): Promise<Sending[]> {
  const keys = await Promise.all(Array.from({ length: 10 }, () => makeKey(world.url("one"))));
  const sendings = Array.from({ length: amount }, (_, index): Sending[] => {
    const [owner, way] = [keys[index % keys.length], ways[index % ways.length]];
    const order = {
      mark: `${name}_${index}`,
      input: 1 + (index % 97),
      output: 1 + (index % 31),
      fails: index % 20 === 7,
    };
    return owner === undefined || way === undefined ? [] : [{ owner, way, order }];
  }).flat();
  await spread(sendings, 64, async (sending) => {
    const worker = sending.order.input % 2 === 0 ? "one" : "two";
    sending.seen = await send(world.url(worker), { key: sending.owner.key, way: sending.way, order: sending.order });
    // Nobody is there until workerd has started again.
    if (sending.seen.status === 0) await sleep(200);
  });
  return sendings;
}

/**
 * Usage equals upstream's own count, to the unit: each key's `GET /v1/usage`, and after a minute at most the
 * organization's usage and costs.
 */
export async function checkUsage(world: World, amount: number): Promise<Outcome> {
  const sendings = await sendAll(world, { amount, name: "usage" });
  const wrong = sendings
    .filter(({ seen, order }) => (order.fails === true) !== (seen?.status !== 200))
    .map(({ order, seen }) => `${order.mark}: answered ${seen?.status} ${seen?.code}`);
  const expected = sumBy(sendings.map(({ owner, order }) => ({ id: owner.id, order })));
  const keys = [...new Map(sendings.map(({ owner }) => [owner.id, owner])).values()];
  await waitFor(async () =>
    (await readOwn(world, keys)).every(({ id, counts }) => counts.requests === expected.get(id)?.requests),
  );
  for (const { id, counts } of await readOwn(world, keys))
    wrong.push(...compare(`/v1/usage of ${id}`, counts, expected.get(id)));
  await waitFor(async () => sumRequests(await readOrganization(world, keys)) === amount, 61_000);
  for (const [id, counts] of await readOrganization(world, keys)) {
    wrong.push(...compare(`the organization's usage of ${id}`, counts, expected.get(id)));
  }
  const total = [...expected.values()].reduce((sum, counts) => sum + counts.input + counts.output, 0);
  const said = `${amount} requests, ${total} tokens: /v1/usage and the organization's usage and costs are upstream's`;
  return { said: [said], wrong };
}

/**
 * Kills workerd in the middle, several times. What a client read whole and was stored is counted; what was under way is
 * counted or not. Nothing is counted twice.
 */
export async function checkKills(world: World, { amount, kills }: { amount: number; kills: number }): Promise<Outcome> {
  const sending = sendAll(world, { amount, name: "kills" });
  for (let kill = 0; kill < kills; kill++) {
    await sleep(1_500);
    await world.crash();
  }
  const sendings = await sending;
  // What the last kill left to be counted has been by then.
  await sleep(2_000);
  const owed = sendings.filter(({ seen, way }) => seen?.isWhole === true && way.store);
  const least = sumBy(owed.map(({ owner, order }) => ({ id: owner.id, order })));
  const asked = sendings.filter(({ order }) => world.sent.has(order.mark));
  const most = sumBy(asked.map(({ owner, order }) => ({ id: owner.id, order })));
  const keys = [...new Map(sendings.map(({ owner }) => [owner.id, owner])).values()];
  const wrong: string[] = [];
  let counted = 0;
  for (const { id, counts } of await readOwn(world, keys)) {
    counted += counts.requests;
    for (const field of ["requests", "input", "output", "cost"] as const) {
      const [low, high] = [least.get(id)?.[field] ?? 0, most.get(id)?.[field] ?? 0];
      if (counts[field] < low || counts[field] > high)
        wrong.push(`${id}: ${field} ${counts[field]}, not ${low} to ${high}`);
    }
  }
  const whole = sendings.filter(({ seen }) => seen?.isWhole === true).length;
  const broken = sendings.filter(({ seen }) => seen?.status === 0).length;
  const read = `${whole} read whole, ${owed.length} of them stored, ${broken} cut off`;
  const count = `upstream was asked ${asked.length} times, ${counted} are counted, ${asked.length - counted} were under way`;
  return { said: [`${kills} kills in ${amount} requests: ${read}; ${count}`], wrong };
}

function sumBy(sent: readonly { id: string; order: Order }[]): Map<string, Counts> {
  const sums = new Map<string, Counts>();
  for (const { id, order } of sent) {
    const sum = sums.get(id) ?? { requests: 0, input: 0, output: 0, cost: 0 };
    sum.requests += 1;
    if (order.fails !== true) {
      sum.input += order.input;
      sum.output += order.output;
      sum.cost += order.input * price.input + order.output * price.output;
    }
    sums.set(id, sum);
  }
  return sums;
}

async function readOwn(world: World, keys: readonly MadeKey[]): Promise<{ id: string; counts: Counts }[]> {
  return Promise.all(
    keys.map(async ({ id, key }) => {
      const answer = await fetch(`${world.url("two")}/v1/usage`, { headers: { authorization: `Bearer ${key}` } });
      const { total } = Object(await answer.json());
      const { requests, input_tokens: input, output_tokens: output, cost_usd: cost } = Object(total);
      return { id, counts: { requests, input, output, cost: Math.round(cost * 1e9) } };
    }),
  );
}

async function readOrganization(world: World, keys: readonly MadeKey[]): Promise<Map<string, Counts>> {
  const start = Math.floor(Date.now() / 1_000) - 86_400;
  const query = `?start_time=${start}&group_by=api_key_id&api_key_ids=${keys.map(({ id }) => id).join(",")}`;
  const usage = listResults(await askAdmin(world.url("two"), `/v1/organization/usage/completions${query}`));
  const costs = listResults(await askAdmin(world.url("two"), `/v1/organization/costs${query}`));
  const counts = new Map<string, Counts>();
  for (const result of usage) {
    const { api_key_id: id, num_model_requests: requests, input_tokens: input, output_tokens: output } = result;
    const cost = costs
      .filter((entry) => entry["api_key_id"] === id)
      .reduce((sum, { amount }) => sum + Object(amount).value, 0);
    counts.set(String(id), {
      requests: Number(requests),
      input: Number(input),
      output: Number(output),
      cost: Math.round(cost * 1e9),
    });
  }
  return counts;
}

function listResults(page: unknown): Record<string, unknown>[] {
  const { data } = Object(page);
  return Array.isArray(data) ? data.flatMap((bucket: unknown) => Object(bucket).results) : [];
}

function sumRequests(counts: ReadonlyMap<string, Counts>): number {
  return [...counts.values()].reduce((sum, { requests }) => sum + requests, 0);
}

function compare(what: string, counted: Counts, expected: Counts | undefined): string[] {
  return JSON.stringify(counted) === JSON.stringify(expected)
    ? []
    : [`${what}: ${JSON.stringify(counted)}, upstream says ${JSON.stringify(expected)}`];
}

/** Until it holds, or the time is over: then what is compared next says what is missing. */
async function waitFor(holds: () => Promise<boolean>, milliseconds = 10_000): Promise<void> {
  const until = performance.now() + milliseconds;
  while (performance.now() < until && !(await holds())) await sleep(200);
}
