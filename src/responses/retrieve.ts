import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { invalidRequest } from "../errors.ts";
import { parseRecord } from "./parse-kept.ts";
import { renderBody } from "./render-body.ts";
import { replayAsStream } from "./replay.ts";
import { findObject, responseNotFound } from "./stored.ts";

/** `GET /v1/responses/:id`: the Response as it was kept; with `stream=true` as the events of a stream. */
export async function retrieveResponse(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = findObject(context);
  const isStream = context.req.query("stream") === "true";
  const startingAfter = readStartingAfter(context.req.query("starting_after"), isStream);
  const response = await object.read(keyName);
  if (response === undefined) throw responseNotFound();
  if (!isStream) return renderBody("json", response);
  return renderBody("event-stream", replayAsStream(parseRecord(response), startingAfter));
}

/** The number of the last event that the client has; -1 when it has none. */
function readStartingAfter(value: string | undefined, isStream: boolean): number {
  if (value === undefined) return -1;
  if (isStream && /^\d{1,15}$/.test(value)) return Number(value);
  throw invalidRequest({
    code: "invalid_value",
    param: "starting_after",
    message: "`starting_after` must be the `sequence_number` of an event, and goes with `stream=true`.",
  });
}
