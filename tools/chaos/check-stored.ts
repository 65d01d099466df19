import { isDeepStrictEqual } from "node:util";
import { clientHeaders } from "../../test/support/start-api.ts";
import { renderResponse, responseId } from "./faults.ts";
import type { Outcome } from "./send-plan.ts";

/**
 * Compares what is stored with what its client saw: an answer that went out whole is there and the same, one that
 * broke off or whose client left is never there as complete unless all of it is, and nothing else is there at all.
 */
export async function checkStored(
  outcomes: readonly Outcome[],
  url: string,
): Promise<{ found: number; wrong: string[] }> {
  const wrong: string[] = [];
  let found = 0;
  const check = async ({ plan, ending }: Outcome): Promise<void> => {
    const answer = await fetch(`${url}/v1/responses/${responseId(plan)}`, { headers: clientHeaders });
    const text = await answer.text();
    if (answer.status === 200) found += 1;
    const complete = JSON.stringify({ ...renderResponse(plan), store: true, previous_response_id: null });
    // Only these faults answer with a Response that has an id to be stored under.
    const isResponse = ["JSON", "a stream", "sends an event of 5 MB"].includes(plan.fault);
    if (answer.status === 404) {
      if (ending === "whole" && isResponse) wrong.push(`${plan.mark} (${plan.fault}) was seen whole and is not stored`);
    } else if (answer.status !== 200) {
      wrong.push(`${plan.mark}: ${answer.status} ${text.slice(0, 200)}`);
    } else if (!isSame(text, complete) && (ending === "whole" || !/"status":"(failed|incomplete)"/.test(text))) {
      wrong.push(`${plan.mark} (${plan.fault}) ended ${ending} and is stored as ${text.slice(0, 300)}`);
    } else if (isSame(text, complete) && ending !== "whole" && ending !== "left") {
      wrong.push(`${plan.mark} (${plan.fault}) ended ${ending} and is stored as complete`);
    }
  };
  const rest = outcomes.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const outcome of rest) await check(outcome);
    }),
  );
  return { found, wrong };
}

/** The order of fields says nothing: a stored Response has its output last. */
function isSame(one: string, other: string): boolean {
  return isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
}
