/** Clients that no plan covers: crowds, half a body, several requests in one go, bodies at the limit. */
import { setTimeout as sleep } from "node:timers/promises";
import { openConnection, renderRequest } from "../../test/support/raw-client.ts";
import { clientHeaders } from "../../test/support/start-api.ts";
import type { Plan } from "./faults.ts";
import type { Random } from "./random.ts";
import { judge, type Outcome, renderPlan, sendPlan } from "./send-plan.ts";

export const maxBodyBytes = 262_144;

function plainPlan(mark: string, random: Random): Plan {
  return {
    mark,
    worker: "plain",
    fault: random.pick(["JSON", "a stream"]),
    client: "plain",
    seed: random.below(2 ** 31),
  };
}

/** `count` connections, all open at the same time. */
export function sendCrowd({
  port,
  count,
  name,
  random,
}: {
  port: number;
  count: number;
  name: string;
  random: Random;
}): Promise<Outcome[]> {
  const plans = Array.from({ length: count }, (_, index) => plainPlan(`${name}_crowd_${index}`, random));
  return Promise.all(plans.map((plan) => sendPlan(plan, port)));
}

/** Several requests in one write; the answers must come in their order. */
export async function sendPipeline({
  port,
  name,
  random,
}: {
  port: number;
  name: string;
  random: Random;
}): Promise<Outcome[]> {
  const plans = Array.from({ length: 4 }, (_, index) => plainPlan(`${name}_${index}`, random));
  const client = await openConnection(port);
  client.send(Buffer.concat(plans.map(renderPlan)));
  const outcomes: Outcome[] = [];
  for (const plan of plans) {
    try {
      outcomes.push(judge(plan, await client.readResponse()));
    } catch (error) {
      outcomes.push({ plan, ending: "lost", wrong: String(error) });
    }
  }
  client.close();
  return outcomes;
}

/** Announces a body, sends part of it, and leaves. The model must never hear of it. */
export async function sendHalf({ port, mark, random }: { port: number; mark: string; random: Random }): Promise<Plan> {
  const plan = plainPlan(mark, random);
  const bytes = renderPlan(plan);
  const bodyStart = bytes.indexOf("\r\n\r\n") + 4;
  const client = await openConnection(port);
  client.send(bytes.subarray(0, bodyStart + random.below(bytes.length - bodyStart)));
  await sleep(random.below(100));
  if (random.below(2) === 0) client.reset();
  else client.finish();
  await sleep(50);
  client.close();
  return plan;
}

/** Bodies of the limit less one byte, the limit, and one more. Returns what is wrong. */
export async function sendLimits(port: number): Promise<string[]> {
  const wrong: string[] = [];
  for (const [difference, status] of [
    [-1, 200],
    [0, 200],
    [1, 413],
  ] as const) {
    const start = '{"metadata":{"fault":"JSON","mark":"limit"},"input":"';
    const body = `${start.padEnd(maxBodyBytes + difference - 2, "x")}"}`;
    const client = await openConnection(port);
    client.send(renderRequest({ headers: clientHeaders, body }));
    const response = await client.readResponse();
    client.close();
    if (response.status !== status) wrong.push(`a body of the limit ${difference}: ${response.status}, not ${status}`);
  }
  return wrong;
}
