import { renderBody } from "../http/render-body.ts";
import type { ResponseRpc } from "../store/response-rpc.ts";
import { responseNotFound } from "./stored.ts";

/** The events of a streamed background run after number `startingAfter`, live to its end. */
export async function followResponse(object: ResponseRpc, keyName: string, startingAfter: number): Promise<Response> {
  const events = await object.follow(keyName, startingAfter + 1);
  if (events?.body === undefined || events.body === null) throw responseNotFound();
  return renderBody("event-stream", events.body);
}
