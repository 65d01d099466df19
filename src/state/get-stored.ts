import type { Context } from "hono";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { idPattern } from "../protocol/ids.ts";
import type { ResponseRpc } from "./response-rpc.ts";

/**
 * The object of the response that a path names, with that id and who asks.
 * Throws 404 `response_not_found` for what can't be an id, and where nothing is kept at all.
 */
export function getStored(context: Context<AppEnv>): { id: string; object: ResponseRpc; keyName: string } {
  const id = context.req.param("id") ?? "";
  const namespace = context.env.RESPONSES;
  if (namespace === undefined) {
    throw new ApiError({
      status: 404,
      type: "not_found_error",
      code: "response_not_found",
      param: "response_id",
      message:
        "This Worker stores no responses. Its operator can turn storage on by binding RESPONSES: see docs/state.md.",
    });
  }
  if (!idPattern.test(id)) throw responseNotFound();
  return { id, object: namespace.getByName(id), keyName: context.get("keyName") };
}

/** 404, the same for an id that never was, one that is gone, and one that is somebody else's. */
export function responseNotFound(): ApiError {
  return new ApiError({
    status: 404,
    type: "not_found_error",
    code: "response_not_found",
    param: "response_id",
    message: "There is no stored response with this id. It was never stored, was deleted, or is too old.",
  });
}
