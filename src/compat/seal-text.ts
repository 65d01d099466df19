/**
 * Seals texts that a client keeps for this Worker and brings back: reasoning, and the summary of a compaction.
 *
 *   "v1." + base64url(12 bytes of IV, AES-256-GCM ciphertext, 16 bytes of tag)
 *
 * The key is derived by HKDF-SHA-256 from the `REASONING_KEY` setting for one caller and one purpose: what was sealed
 * for one caller doesn't open for another, and reasoning doesn't open as a compaction.
 */
export interface TextSealer {
  readonly seal: (text: string) => Promise<string>;
  /** `undefined` for whatever this sealer didn't seal. Never throws. */
  readonly open: (sealed: string) => Promise<string | undefined>;
}

const version = "v1.";
const ivLength = 12;
const tagLength = 16;

/** Makes a sealer. The key is derived when it is first needed, once. */
export function createTextSealer({
  secret,
  keyName,
  purpose,
}: {
  /** The `REASONING_KEY` setting. */
  secret: string;
  /** Name of the caller's API key. */
  keyName: string;
  purpose: "reasoning" | "compaction";
}): TextSealer {
  let derived: Promise<CryptoKey> | undefined;
  const key = () => (derived ??= deriveKey(secret, `${purpose}:${keyName}`));
  return {
    async seal(text) {
      const iv = crypto.getRandomValues(new Uint8Array(ivLength));
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), new TextEncoder().encode(text));
      const bytes = new Uint8Array(ivLength + sealed.byteLength);
      bytes.set(iv);
      bytes.set(new Uint8Array(sealed), ivLength);
      return `${version}${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
    },
    async open(sealed) {
      if (!sealed.startsWith(version)) return undefined;
      try {
        const bytes = Uint8Array.fromBase64(sealed.slice(version.length), { alphabet: "base64url" });
        if (bytes.length < ivLength + tagLength) return undefined;
        const iv = bytes.subarray(0, ivLength);
        const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key(), bytes.subarray(ivLength));
        return new TextDecoder().decode(text);
      } catch {
        // Not base64url, or not sealed with this key: which of them is nobody's business.
        return undefined;
      }
    },
  };
}

/** The sealers of one caller by what they seal; undefined without the setting `REASONING_KEY`. */
export function createSealers(secret: string | undefined, keyName: string) {
  if (secret === undefined) return undefined;
  return {
    reasoning: createTextSealer({ secret, keyName, purpose: "reasoning" }),
    compaction: createTextSealer({ secret, keyName, purpose: "compaction" }),
  };
}

async function deriveKey(secret: string, context: string): Promise<CryptoKey> {
  const encoder = new TextEncoder();
  const material = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: encoder.encode("responses-api v1"), info: encoder.encode(context) },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}
