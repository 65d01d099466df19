import type { Context, Next } from "hono";
import { readCredentials } from "../access/authenticate.ts";
import { readConfig } from "../config.ts";
import { invalidRequest } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { agreeOnProtocol, isUpgrade } from "../http/socket-headers.ts";
import { routeOf } from "../metering/meter-request.ts";
import { Connection } from "./connection.ts";

/** Lets a WebSocket's handshake pass. 426 where WebSockets are off: Codex and Copilot go on over HTTP then. */
export async function requireUpgrade(context: Context<AppEnv>, next: Next): Promise<Response | void> {
  if (context.req.method !== "GET" || !isUpgrade(context.req.raw.headers)) return context.notFound();
  if (readConfig(context.env).websocket === "off") {
    throw invalidRequest({
      status: 426,
      code: "websocket_unsupported",
      message: "Responses are not served over WebSocket here. Send `POST`, with `stream: true` to stream.",
    });
  }
  return next();
}

/** `GET …/responses` with a WebSocket's handshake: a connection that answers `response.create` frames. */
export function openSocket(context: Context<AppEnv>): Response {
  const { headers } = context.req.raw;
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  void new Connection(server, {
    bindings: context.env,
    mode: context.get("mode"),
    route: routeOf(context),
    requestId: context.get("requestId"),
    caller: context.get("caller"),
    credentials: readCredentials(context),
  });
  return new Response(null, { status: 101, webSocket: client, headers: agreeOnProtocol(headers) });
}
