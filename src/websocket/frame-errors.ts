import { ApiError, invalidRequest } from "../errors.ts";
import type { JsonRecord } from "../protocol/json.ts";
import type { LaneName } from "./held-contexts.ts";

/** An error as a frame: of its lane, where it has one. The connection stays open. */
export function renderErrorFrame(error: ApiError, lane: LaneName): JsonRecord {
  const { type, code, message, param } = error.toEnvelope().error;
  return {
    type: "error",
    status: error.status,
    ...(lane !== undefined && { stream_id: lane }),
    error: { type, code, message, param },
  };
}

/** The answer to `response.steer`: no model of Workers AI takes input while it answers. */
export function refuseSteer(steer: JsonRecord): JsonRecord {
  return {
    type: "response.steer.failed",
    sequence_number: 0,
    steer,
    error: {
      type: "invalid_request_error",
      code: "steering_not_supported",
      message: "The model takes no input while it answers. Send it with the next `response.create`.",
    },
  };
}

/** 400: a lane more than a connection may have. */
export function tooManyLanes(most: number): ApiError {
  return invalidRequest({
    code: "websocket_stream_limit_reached",
    param: "stream_id",
    message: `This connection has ${most} lanes, which is the most it can have. Use one of them, or open another connection.`,
  });
}

/** 429: more frames wait for their turn than are held. */
export function tooManyWaiting(): ApiError {
  return new ApiError({
    status: 429,
    type: "rate_limit_error",
    code: "websocket_queue_limit_reached",
    message: "Too many frames of this connection wait for their turn. Send this one again when a response has ended.",
  });
}

/** 400: the connection has lived as long as it may. */
export function connectionLimitReached(): ApiError {
  return invalidRequest({
    code: "websocket_connection_limit_reached",
    message: "This connection has lived as long as it may. Open a new one to go on.",
  });
}

/** 400: `previous_response_id` names nothing that this connection holds, and nothing may be read from storage. */
export function previousNotHeld(): ApiError {
  return invalidRequest({
    code: "previous_response_not_found",
    param: "previous_response_id",
    message:
      "This connection does not hold the response with this `previous_response_id`, and it is not stored. Send the whole context in `input`.",
  });
}
