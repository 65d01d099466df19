/**
 * Ids of approval requests that nobody stores: the id itself proves that this Worker asked, whom, and for what.
 *
 *   "mcpr_" + seconds since 1970 in base 36 + "_" + base64url(HMAC-SHA-256)
 *
 * The key is derived by HKDF-SHA-256 from `REASONING_KEY` for one caller. Until it expires an id can be used again: what
 * is used up would have to be stored.
 */
export interface ApprovedCall {
  /** The caller's key, by the name that owns its state. */
  owner: string;
  serverUrl: string;
  /** Name of the tool at its server. */
  tool: string;
  /** The very text that the model wrote. */
  arguments: string;
}

const lifetimeSeconds = 3_600;

/** Whether an id is one that `signApproval` may have made; a stored request has another. */
export function isSignedId(id: string): boolean {
  return signedId.test(id);
}

const signedId = /^mcpr_([0-9a-z]{6,8})_([\w-]{43})$/;

/** Makes the id for a call that waits for approval; it holds for an hour. */
export async function signApproval(
  call: ApprovedCall,
  { secret, now }: { secret: string; now: number },
): Promise<string> {
  const expiry = Math.floor(now / 1_000) + lifetimeSeconds;
  const key = await deriveKey(secret, call.owner);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, describe(call, expiry)));
  return `mcpr_${expiry.toString(36)}_${signature.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** Whether an id was made for exactly this call and has not expired: compared in constant time. */
export async function checkApproval(
  id: string,
  call: ApprovedCall,
  { secret, now }: { secret: string; now: number },
): Promise<"valid" | "expired" | "invalid"> {
  const [, expiryText, signatureText] = signedId.exec(id) ?? [];
  if (expiryText === undefined || signatureText === undefined) return "invalid";
  const expiry = Number.parseInt(expiryText, 36);
  const signature = readSignature(signatureText);
  const key = await deriveKey(secret, call.owner);
  if (signature === undefined || !(await crypto.subtle.verify("HMAC", key, signature, describe(call, expiry)))) {
    return "invalid";
  }
  return expiry * 1_000 < now ? "expired" : "valid";
}

/** 43 characters hold 32 bytes and two bits to spare, which must be zero. */
function readSignature(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { alphabet: "base64url", lastChunkHandling: "loose" });
  } catch {
    return undefined;
  }
}

/** One text for one call: JSON keeps the fields apart. */
function describe({ owner, serverUrl, tool, arguments: given }: ApprovedCall, expiry: number): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([expiry, owner, serverUrl, tool, given]));
}

async function deriveKey(secret: string, owner: string): Promise<CryptoKey> {
  const encoder = new TextEncoder();
  const material = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    {
      name: "HKDF",
      hash: "SHA-256",
      salt: encoder.encode("responses-api v1"),
      info: encoder.encode(`approval:${owner}`),
    },
    material,
    { name: "HMAC", hash: "SHA-256", length: 256 },
    false,
    ["sign", "verify"],
  );
}
