import type { Context, Next } from "hono";
import { type Config, readConfig } from "../config.ts";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { readAuthorization } from "../http/socket-headers.ts";
import { checkAdminKey, checkKey, type Credentials } from "./check-key.ts";

/** Lets a request through when its key is valid, and says whose it is in `caller`. */
export async function authenticate(context: Context<AppEnv>, next: Next): Promise<void> {
  const config = readConfig(context.env);
  if (config.auth === "none") warnOfOpenDoor(config);
  const caller = await checkKey(context.env, readCredentials(context));
  context.set("caller", caller);
  context.set("keyName", caller.owner);
  await next();
}

/** Lets every request through, and says whose key it brings where that is valid. */
export async function recognize(context: Context<AppEnv>, next: Next): Promise<void> {
  const credentials = readCredentials(context);
  if (credentials.authorization !== undefined || readConfig(context.env).auth === "none") {
    const caller = await checkKey(context.env, credentials).catch(ignoreRefusal);
    if (caller !== undefined) context.set("caller", caller);
  }
  await next();
}

/** Lets a request through when it brings the admin key. */
export async function authenticateAdmin(context: Context<AppEnv>, next: Next): Promise<void> {
  // Not as a subprotocol: the admin has no WebSocket.
  const authorization = context.req.header("authorization");
  await checkAdminKey(context.env, { ...readCredentials(context), authorization });
  await next();
}

/** The key comes in a header, never by a cookie: no page of another origin can make a browser send it. */
export function readCredentials(context: Context<AppEnv>): Credentials {
  return { authorization: readAuthorization(context.req.raw.headers), address: context.req.header("cf-connecting-ip") };
}

/** Ignores a refused key. Any other error is a bug and is thrown on. */
function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof ApiError)) throw error;
}

const warned = new WeakSet<Config>();

/** Once in each isolate: whoever reads the log has to see that anybody may call this Worker. */
function warnOfOpenDoor(config: Config): void {
  if (warned.has(config)) return;
  warned.add(config);
  console.warn(
    JSON.stringify({ event: "auth_none", message: "AUTH=none: whoever knows the address can call this Worker." }),
  );
}
