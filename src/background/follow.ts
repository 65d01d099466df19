import { renderStream } from "../http/render-answer.ts";
import { responseNotFound } from "../state/get-stored.ts";
import type { RunRpc } from "../state/run-rpc.ts";

/** The events of a streamed background run after number `startingAfter`, live to its end. */
export async function followResponse(run: RunRpc, keyName: string, startingAfter: number): Promise<Response> {
  const events = await run.follow(keyName, startingAfter + 1);
  if (events?.body === undefined || events.body === null) throw responseNotFound();
  return renderStream(events.body);
}
