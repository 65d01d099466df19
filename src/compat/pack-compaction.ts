import type { TextSealer } from "./seal-text.ts";

/**
 * The `encrypted_content` of a compaction item without a `REASONING_KEY`: the summary as base64url. There is nothing
 * to hide from the client, which has the whole conversation, and nothing to protect: it may say what it likes.
 */
const plainPrefix = "p1.";

/** Turns the summary of a conversation into the `encrypted_content` of a compaction item. */
export function packCompaction(summary: string, sealer: TextSealer | undefined): Promise<string> {
  if (sealer !== undefined) return sealer.seal(summary);
  const bytes = new TextEncoder().encode(summary);
  return Promise.resolve(`${plainPrefix}${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`);
}

/** The summary that `packCompaction` packed; `undefined` for anything else. Never throws. */
export async function unpackCompaction(packed: string, sealer: TextSealer | undefined): Promise<string | undefined> {
  if (!packed.startsWith(plainPrefix)) return sealer?.open(packed);
  try {
    const bytes = Uint8Array.fromBase64(packed.slice(plainPrefix.length), { alphabet: "base64url" });
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
