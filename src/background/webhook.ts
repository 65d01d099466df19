/**
 * Webhooks as OpenAI sends them: the event by its openapi.yaml (`WebhookResponseCompleted` and its siblings), signed by
 * Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
 */

/** Where webhooks go. */
export interface WebhookTarget {
  url: string;
  /** `whsec_` and the key in base64. */
  secret: string;
}

/** What is delivered, the same at each attempt. */
export interface WebhookEvent {
  id: string;
  /** JSON. */
  body: string;
}

/** How a background response ended, and the event that says so. */
const eventTypes: ReadonlyMap<string, string> = new Map([
  ["completed", "response.completed"],
  ["failed", "response.failed"],
  ["incomplete", "response.incomplete"],
  ["cancelled", "response.cancelled"],
]);

/** The event of a response that has ended; undefined for a status that is not final. */
export function createWebhookEvent({
  id: responseId,
  status,
}: {
  id: string;
  status: string;
}): WebhookEvent | undefined {
  const type = eventTypes.get(status);
  if (type === undefined) return undefined;
  const id = `evt_${crypto.randomUUID().replaceAll("-", "")}`;
  const created_at = Math.floor(Date.now() / 1_000);
  return { id, body: JSON.stringify({ id, object: "event", created_at, type, data: { id: responseId } }) };
}

/** Milliseconds that a receiver has to answer. */
const longestDelivery = 15_000;

/**
 * Delivers an event once. Returns whether the receiver took it: with a status of 200 to 299. A redirect is no receipt,
 * and is not followed: the operator's URL is the only one that is called. Never rejects.
 */
export async function deliverWebhook({ url, secret }: WebhookTarget, { id, body }: WebhookEvent): Promise<boolean> {
  const timestamp = `${Math.floor(Date.now() / 1_000)}`;
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(longestDelivery),
      headers: {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": await sign(secret, `${id}.${timestamp}.${body}`),
      },
      body,
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function sign(secret: string, content: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", readSecret(secret), algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(content));
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(signature)))}`;
}

function readSecret(secret: string): Uint8Array {
  return Uint8Array.from(atob(secret.slice("whsec_".length)), (digit) => digit.charCodeAt(0));
}

const [second, minute, hour] = [1_000, 60_000, 3_600_000];

/** The pauses between attempts, in milliseconds: nine attempts within 24 hours. */
const pauses = [5 * second, minute, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 8 * hour, 8 * hour];

/** When the next attempt is due after `attempts` that failed, from now, in milliseconds; undefined when that was the last. */
export function nextPause(attempts: number): number | undefined {
  return pauses[attempts - 1];
}
