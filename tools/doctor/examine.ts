import { checkJson, checkState, checkStream, checkToolCall } from "./check-answers.ts";
import { checkHealth, checkKey, checkModels, checkUsage } from "./check-door.ts";
import { Failure, type Finding } from "./finding.ts";
import type { Target } from "./send.ts";

/**
 * Runs all checks, those of the model side by side: they take as long as the slowest. What can't work because an
 * earlier check failed is skipped. Never throws.
 */
export async function examine(target: Target): Promise<Finding[]> {
  const health = await check("health", () => checkHealth(target));
  if (health.value === undefined) return [health.finding];
  const { features } = health.value.health;
  const door = health.value.health;
  const key = await check("key", () => checkKey(target, door));
  if (key.value === undefined) return [health.finding, key.finding];

  const [models, json, stream, tool] = await Promise.all([
    check("models", async () => ({ saw: await checkModels(target) })),
    check("json", () => checkJson(target)),
    check("stream", async () => ({ saw: await checkStream(target) })),
    check("tool call", async () => ({ saw: await checkToolCall(target) })),
  ]);
  const id = json.value?.id;
  const rest = [
    await checkFeature(features["responses"], {
      name: "state",
      off: "off: THREADS is not bound",
      run: id === undefined ? undefined : () => checkState(target, id),
    }),
    await checkFeature(features["usage"], {
      name: "usage",
      off: "off: USAGE is not bound",
      run: () => checkUsage(target),
    }),
  ];
  return [health, key, models, json, stream, tool].map(({ finding }) => finding).concat(rest);
}

async function checkFeature(
  bound: unknown,
  { name, off, run }: { name: string; off: string; run: (() => Promise<string>) | undefined },
): Promise<Finding> {
  if (bound !== true) return { name, verdict: "skip", saw: off };
  if (run === undefined) return { name, verdict: "skip", saw: "not checked: it needs the answer of json" };
  return (await check(name, async () => ({ saw: await run() }))).finding;
}

/** One check with its time. `value` is what it returned, undefined when it failed. */
async function check<Value extends Pick<Finding, "saw"> & Partial<Pick<Finding, "verdict" | "advice">>>(
  name: string,
  run: () => Promise<Value>,
): Promise<{ finding: Finding; value: Value | undefined }> {
  const startedAt = performance.now();
  const took = (): number => Math.round(performance.now() - startedAt);
  try {
    const value = await run();
    const { verdict = "ok", saw, advice } = value;
    return { finding: { name, verdict, saw, advice, milliseconds: took() }, value };
  } catch (error) {
    const { message, advice } =
      error instanceof Failure ? error : new Failure(`the doctor itself failed: ${String(error)}`, "Report it.");
    return { finding: { name, verdict: "fail", saw: message, advice, milliseconds: took() }, value: undefined };
  }
}
