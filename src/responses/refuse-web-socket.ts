import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { invalidRequest } from "../errors.ts";

/**
 * `GET /v1/responses`. Codex first tries a WebSocket here; on 426 it falls back to HTTP at once, on any other status
 * it retries for seconds. A plain GET is the wrong method.
 */
export function refuseWebSocket(context: Context<AppEnv>): never {
  if (context.req.header("upgrade")?.toLowerCase() === "websocket") {
    throw invalidRequest({
      status: 426,
      code: "websocket_unsupported",
      message: "Responses are not served over WebSocket. Use `POST /v1/responses`, with `stream: true` to stream.",
    });
  }
  throw invalidRequest({
    status: 405,
    code: "method_not_allowed",
    message: "This path answers POST only.",
    headers: { allow: "POST" },
  });
}
