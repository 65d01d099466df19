import { setTimeout as sleep } from "node:timers/promises";
import { askAdmin, makeKey, type Outcome } from "./client.ts";
import type { World } from "./world.ts";

/**
 * Uses a key in both isolates, revokes it through the first, and measures how long the second still lets it in: its lease
 * is the only thing that does. Returns what was wrong.
 */
export async function checkRevocation(world: World): Promise<Outcome> {
  const { id, key } = await makeKey(world.url("one"));
  const isLetIn = async (worker: "one" | "two"): Promise<boolean> => {
    const answer = await fetch(`${world.url(worker)}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    await answer.arrayBuffer();
    return answer.status === 200;
  };
  if (!(await isLetIn("one")) || !(await isLetIn("two"))) return { said: [], wrong: ["a new key is not let in"] };
  await askAdmin(world.url("one"), `/admin/keys/${id}`, { method: "DELETE" });
  const revokedAt = performance.now();
  const wrong = (await isLetIn("one")) ? ["the isolate that revoked a key still lets it in"] : [];
  while (await isLetIn("two")) {
    if (performance.now() - revokedAt > 35_000)
      return { said: [], wrong: [...wrong, "a revoked key is let in after 35 seconds"] };
    await sleep(50);
  }
  const seconds = (performance.now() - revokedAt) / 1_000;
  if (seconds > 30.5) wrong.push(`a revoked key was let in for ${seconds.toFixed(1)} s`);
  return { said: [`at once where it was revoked, after ${seconds.toFixed(1)} s in the other isolate`], wrong };
}
