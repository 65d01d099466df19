import type { Bindings, Config } from "../config.ts";
import type { JsonRecord } from "../protocol/read-value.ts";
import { findExpiry } from "../store/find-expiry.ts";
import { mostBytes, renderJson } from "../store/json-bytes.ts";
import { type KeptItem, keepOutput } from "../store/kept-item.ts";

/**
 * Adds a turn to its conversation, input and output in one piece. A turn that failed is not added: asked again, it would
 * be there twice. Returns why it could not be added, undefined when it could.
 */
export async function appendTurn({
  bindings,
  config,
  keyName,
  conversationId,
  own,
  response,
  turnId,
}: {
  bindings: Bindings;
  config: Config;
  keyName: string;
  conversationId: string;
  /** The turn's own input. */
  own: readonly KeptItem[];
  response: JsonRecord;
  /** Says that it is the same turn, should it be added again. */
  turnId?: string;
}): Promise<"gone" | "too_large" | undefined> {
  const { status } = response;
  if (status === "failed" || status === "cancelled") return undefined;
  const items = renderJson([...own, ...keepOutput(response)]);
  if (items.length > mostBytes) return "too_large";
  const added = { items, expiresAt: findExpiry(config), turnId };
  const { outcome = "gone" } = (await bindings.CONVERSATIONS?.getByName(conversationId).append(keyName, added)) ?? {};
  if (outcome === "added") return undefined;
  return outcome === "full" ? "too_large" : "gone";
}
