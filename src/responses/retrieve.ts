import type { Context } from "hono";
import * as z from "zod/mini";
import { followResponse } from "../background/follow.ts";
import { invalidRequest } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { renderJson, renderStream, streamEvents } from "../http/render-answer.ts";
import { validate } from "../http/validate.ts";
import { replayStored } from "../native/replay.ts";
import { parseRecord } from "../protocol/json.ts";
import { rule } from "../protocol/schema-rules.ts";
import { getStored, openRun, readStored } from "../state/get-stored.ts";
import { decodeJson } from "../state/json-bytes.ts";

/** `starting_after` is the number of the last event that the client has. */
const Query = z.object({ stream: z.optional(z.string()), starting_after: z.optional(z.string()) }).check(
  rule(({ stream, starting_after: after }) =>
    after === undefined || (stream === "true" && /^\d{1,15}$/.test(after))
      ? undefined
      : {
          code: "invalid_value",
          path: ["starting_after"],
          message: "`starting_after` must be the `sequence_number` of an event, and goes with `stream=true`.",
        },
  ),
);

/**
 * `GET …/responses/:id`: the Response as it is stored; with `stream=true` as the events of a stream. Of a streamed
 * background run those are its own events, live to the end; any other Response is replayed when it has ended.
 */
export async function retrieveResponse(context: Context<AppEnv>): Promise<Response> {
  const { stream, starting_after: after = "-1" } = validate(Query, context.req.query());
  const response = await getStored(context);
  const stored = await readStored(response, context.env);
  if (stream !== "true") return renderJson(stored.response);
  if (stored.kind === "streamed")
    return followResponse(openRun(context.env, response.id), response.keyName, Number(after));
  if (stored.status !== "final") {
    throw invalidRequest({
      code: "response_not_streamed",
      param: "stream",
      message:
        "This response is being made without events: it was not created with `stream: true`. Ask for it without `stream`.",
    });
  }
  const events = replayStored(parseRecord(decodeJson(stored.response)) ?? {}, Number(after));
  return renderStream(streamEvents(events));
}
