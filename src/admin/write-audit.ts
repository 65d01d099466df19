import type { Context } from "hono";
import type { AppEnv } from "../http/app-env.ts";

/** One change that an admin made. */
interface Change {
  action: "key_created" | "key_changed" | "key_revoked" | "key_rotated";
  keyId: string;
  name: string;
  /** The fields that were given, where some were. */
  fields?: readonly string[];
}

/**
 * Writes one line about a change: who made it, from where, and to which key. Never a key. It is written whatever `LOG`
 * says: that is about requests.
 */
export function writeAudit(context: Context<AppEnv>, { action, keyId, name, fields = [] }: Change): void {
  console.log(
    JSON.stringify({
      event: "audit",
      action,
      actor: "admin",
      address: context.req.header("cf-connecting-ip") ?? null,
      request_id: context.get("requestId"),
      key_id: keyId,
      key: name,
      fields,
    }),
  );
}
