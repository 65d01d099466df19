const encoder = new TextEncoder();

/** SHA-256 of a key. */
export function digestKey(key: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", encoder.encode(key));
}

/** A digest as the name of a key's object: 64 hexadecimal digits. */
export function renderDigest(digest: ArrayBuffer): string {
  return new Uint8Array(digest).toHex();
}

/** What a managed key looks like, and nothing else does. */
export const managedKeyPattern = /^sk-[\w-]{43}$/;

/** Makes the secret of a managed key: `sk-` and 32 random bytes in base64url. */
export function createKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `sk-${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** Makes the id of a managed key: it fits `keyIdPattern`. */
export function createKeyId(): string {
  return `key_${crypto.getRandomValues(new Uint8Array(12)).toHex()}`;
}
