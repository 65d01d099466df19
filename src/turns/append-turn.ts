import type { Bindings, Config } from "../config.ts";
import type { JsonRecord } from "../protocol/read-value.ts";
import { findExpiry } from "../store/find-expiry.ts";
import { type KeptItem, keepOutput } from "../store/kept-item.ts";

/**
 * Adds a turn to its conversation, input and output in one piece. A turn that failed is not added: asked again, it would
 * be there twice. Returns false when the conversation is gone.
 */
export async function appendTurn({
  bindings,
  config,
  keyName,
  conversationId,
  own,
  response,
}: {
  bindings: Bindings;
  config: Config;
  keyName: string;
  conversationId: string;
  /** The turn's own input. */
  own: readonly KeptItem[];
  response: JsonRecord;
}): Promise<boolean> {
  const { status } = response;
  if (status === "failed" || status === "cancelled") return true;
  const items = [...own, ...keepOutput(response)];
  const added = { items: JSON.stringify(items), expiresAt: findExpiry(config) };
  return (await bindings.CONVERSATIONS?.getByName(conversationId).append(keyName, added)) === true;
}
