import { type Ending, faultNames, faultOf, faults, type Plan } from "./faults.ts";
import { createRandom, type Random } from "./random.ts";
import { type Outcome, sendPlan } from "./send-plan.ts";

const workers = ["plain", "storing"] as const;

/** Draws the plans of a storm: every fault, against both Workers, from clients of every kind. */
export function drawPlans({ seed, count, name }: { seed: number; count: number; name: string }): Plan[] {
  const random = createRandom(seed);
  // A drip takes seconds and a huge event takes memory: a few of each are enough.
  const rare = new Set(["drips a byte a second", "sends an event of 5 MB"]);
  const often = faultNames.filter((fault) => !rare.has(fault));
  return Array.from({ length: count }, (_, index) => {
    const fault = random.below(100) === 0 ? random.pick([...rare]) : random.pick(often);
    return drawPlan(random, { mark: `${name}_${index}`, fault: fault as Plan["fault"] });
  });
}

function drawPlan(random: Random, { mark, fault }: Pick<Plan, "mark" | "fault">): Plan {
  const client = faultOf({ fault } as Plan).endings.includes("left")
    ? "plain"
    : random.pick(["plain", "plain", "plain", "slow reader", "leaves"] as const);
  return { mark, fault, client, worker: random.pick(workers), seed: random.below(2 ** 31) };
}

/** Whether upstream lets the request of a plan wait for seconds. */
export function waitsLong({ fault }: Plan): boolean {
  return fault === "hangs before headers" || fault === "drips a byte a second";
}

/** Sends all plans, `atOnce` at a time. */
export async function sendPlans(
  plans: readonly Plan[],
  { atOnce, port }: { atOnce: number; port: (worker: string) => number },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const rest = plans.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const plan of rest) outcomes.push(await sendPlan(plan, port(plan.worker)));
    }),
  );
  return outcomes;
}

/** How many of the outcomes ended each way, in words. */
export function countEndings(outcomes: readonly Outcome[]): string {
  const endings: readonly (Ending | "lost")[] = ["whole", "broken", "refused", "left", "lost"];
  return endings
    .map((ending) => `${outcomes.filter((outcome) => outcome.ending === ending).length} ${ending}`)
    .join(", ");
}

export function countFaults(): number {
  return Object.keys(faults).length;
}
