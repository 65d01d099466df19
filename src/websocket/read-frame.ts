import * as z from "zod/mini";
import type { Mode } from "../call.ts";
import { type ApiError, invalidRequest } from "../errors.ts";
import { readJsonText } from "../http/read-json.ts";
import { validate } from "../http/validate.ts";
import { parseExact } from "../protocol/exact-json.ts";
import type { JsonRecord } from "../protocol/json.ts";
import type { LaneName } from "./held-contexts.ts";

/** A client's frame, checked as far as the connection has to know it. */
export type ClientFrame =
  | {
      type: "response.create";
      lane: LaneName;
      /** False for a warm-up: no model is called. */
      generate: boolean;
      /** The body of a create request. */
      document: JsonRecord;
    }
  | { type: "response.steer"; steer: JsonRecord };

const FrameType = z.looseObject({ type: z.enum(["response.create", "response.steer"]) });

const CreateFrame = z.looseObject({
  generate: z.nullish(z.boolean()),
  background: z.optional(z.unknown()),
});

const streamIdPattern = /^[A-Za-z0-9_.-]{1,256}$/;

/**
 * Reads the text of a frame. What it says of the way back (`stream`, `stream_options`) is for HTTP: some clients send it
 * here too, and it changes nothing. `onLane` is told the lane as soon as it is known: an error behind it is that lane's.
 * @throws {ApiError} 400 for anything but a `response.create` or `response.steer` of the right form
 */
export function readFrame(text: string, mode: Mode, onLane: (lane: LaneName) => void = () => {}): ClientFrame {
  const parse = mode === "native" ? parseExact : JSON.parse;
  const sent = readJsonText(text, { parse, what: "frame" });
  const { type } = validate(FrameType, sent);
  if (type === "response.steer") {
    const { previous_response_id, input } = sent;
    return { type, steer: { previous_response_id, input } };
  }
  const { stream_id: streamId } = sent;
  if (streamId !== undefined && !isStreamId(streamId)) throw invalidStreamId();
  onLane(streamId);
  const { generate, background } = validate(CreateFrame, sent);
  if (background === true) throw notInBackground();
  const { type: _type, generate: _generate, stream_id: _id, stream_options: _options, ...document } = sent;
  const isWarmUp = generate === false;
  return {
    type,
    lane: streamId,
    generate: !isWarmUp,
    document: { ...document, ...(isWarmUp && { generate }), stream: true },
  };
}

function isStreamId(value: unknown): value is string {
  return typeof value === "string" && streamIdPattern.test(value);
}

function notInBackground(): ApiError {
  return invalidRequest({
    code: "unsupported_parameter",
    param: "background",
    message: "A response over a WebSocket can't be made in the background. Send its request over HTTP.",
  });
}

function invalidStreamId(): ApiError {
  return invalidRequest({
    code: "invalid_stream_id",
    param: "stream_id",
    message: "The field `stream_id` must be 1 to 256 letters, digits, `_`, `.` or `-`.",
  });
}
