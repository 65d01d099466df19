import { setTimeout as sleep } from "node:timers/promises";
import { openConnection, type RawResponse, renderRequest } from "../../test/support/raw-client.ts";
import { clientHeaders } from "../../test/support/start-api.ts";
import { type Ending, faultOf, type Plan } from "./faults.ts";
import { createRandom } from "./random.ts";

/** What came of a plan. `wrong` says what must not have happened; undefined when all is as it may be. */
export interface Outcome {
  plan: Plan;
  ending: Ending | "lost";
  wrong: string | undefined;
}

/** The request of a plan. Its metadata tells the scripted upstream what to do. */
export function renderPlan(plan: Plan): Buffer {
  return renderRequest({
    headers: { ...clientHeaders, "x-request-id": plan.mark },
    body: JSON.stringify({ input: plan.mark, stream: faultOf(plan).stream, metadata: plan }),
  });
}

/** Sends one request as its plan says, on a connection of its own, and judges how it ended. */
export async function sendPlan(plan: Plan, port: number): Promise<Outcome> {
  const client = await openConnection(port);
  const random = createRandom(plan.seed);
  try {
    client.send(renderPlan(plan));
    if (plan.client === "leaves") {
      await sleep(random.below(200));
      client.reset();
      return { plan, ending: "left", wrong: undefined };
    }
    if (plan.fault === "hangs mid-stream") {
      await client.waitForText("response.output_text.delta");
      client.reset();
      return { plan, ending: "left", wrong: undefined };
    }
    if (plan.client === "slow reader") {
      client.pause();
      await sleep(100 + random.below(400));
      client.resume();
    }
    return judge(plan, await client.readResponse());
  } catch (error) {
    return { plan, ending: "lost", wrong: String(error) };
  } finally {
    client.close();
  }
}

/** Compares an answer with what its plan allows: its bytes, its envelope, and whose answer it is. */
export function judge(plan: Plan, response: RawResponse): Outcome {
  const fault = faultOf(plan);
  const ending = endingOf(response);
  const outcome = (wrong?: string): Outcome => ({ plan, ending, wrong });
  if (response.header("x-request-id") !== plan.mark) return outcome("the answer of another request");
  if (!fault.endings.includes(ending)) return outcome(`ended ${ending} with status ${response.status}`);
  if (ending === "refused") return outcome(judgeRefusal(response, fault.refusal));
  const expected = fault.body(plan);
  const seen = response.body;
  const same = ending === "whole" ? seen.equals(expected) : expected.subarray(0, seen.length).equals(seen);
  return outcome(same ? undefined : "bytes that upstream did not send");
}

function endingOf({ status, complete }: RawResponse): "whole" | "broken" | "refused" {
  if (!complete) return "broken";
  return status === 200 ? "whole" : "refused";
}

function judgeRefusal(
  { status, body }: RawResponse,
  refusal: { status: number; code: string } | undefined,
): string | undefined {
  const text = body.toString();
  const code = /^\{"error":\{"message":"[^"]+","type":"\w+","param":"[^"]*","code":"(\w+)"\}\}$/.exec(text)?.[1];
  if (code === undefined) return `no envelope: ${text.slice(0, 200)}`;
  if (text.includes("sk-inside")) return "an inside text in the envelope";
  if (code === "internal_error") return "an unforeseen error";
  if (refusal !== undefined && (status !== refusal.status || code !== refusal.code)) return `refused ${status} ${code}`;
  return undefined;
}
