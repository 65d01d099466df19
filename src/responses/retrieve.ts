import type { Context } from "hono";
import { replayKept } from "../answers/replay.ts";
import type { AppEnv } from "../app-env.ts";
import { invalidRequest } from "../errors.ts";
import { renderBody } from "../http/render-body.ts";
import { parseRecord } from "../protocol/parse-json.ts";
import { decodeJson } from "../store/json-bytes.ts";
import { followResponse } from "./follow.ts";
import { findObject, responseNotFound } from "./stored.ts";

/**
 * `GET /v1/responses/:id`: the Response as it is kept; with `stream=true` as the events of a stream. Of a streamed
 * background run those are its own events, live to the end; any other Response is replayed when it has ended.
 */
export async function retrieveResponse(context: Context<AppEnv>): Promise<Response> {
  const { object, keyName } = findObject(context);
  const isStream = context.req.query("stream") === "true";
  const startingAfter = readStartingAfter(context.req.query("starting_after"), isStream);
  const kept = await object.read(keyName);
  if (kept === undefined) throw responseNotFound();
  if (!isStream) return renderBody("json", kept.response);
  if (kept.kind === "streamed") return followResponse(object, keyName, startingAfter);
  if (kept.status !== "final") {
    throw invalidRequest({
      code: "response_not_streamed",
      param: "stream",
      message:
        "This response is being made without events: it was not created with `stream: true`. Ask for it without `stream`.",
    });
  }
  return renderBody("event-stream", replayKept(parseRecord(decodeJson(kept.response)) ?? {}, startingAfter));
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
