import type { Case, Recording } from "./cases.ts";

/** Where the cases are sent. */
export interface Places {
  /** The Worker, without a slash at the end. */
  url: string;
  key: string | undefined;
  model: string;
  account: Account | undefined;
}

/** Whose model is asked past the Worker. */
export interface Account {
  id: string;
  token: string;
  /** `https://api.cloudflare.com/client/v4` */
  api: string;
}

/** Sends one case and records what comes back, piece by piece. What breaks off is recorded up to there. */
export async function sendCase(item: Case, places: Places, signal: AbortSignal): Promise<Recording> {
  const { url, token } = findTarget(item, places);
  const startedAt = performance.now();
  const answer = await fetch(url, {
    method: "POST",
    signal,
    redirect: "manual",
    headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(item.body),
  });
  const chunks: [number, string][] = [];
  try {
    const pieces = answer.body?.pipeThrough(new TextDecoderStream()) ?? [];
    for await (const piece of pieces) chunks.push([Math.round(performance.now() - startedAt), piece]);
  } catch (error) {
    if (signal.aborted) throw error;
  }
  const contentType = answer.headers.get("content-type") ?? "";
  return { ...item, status: answer.status, contentType, chunks };
}

function findTarget({ through, path }: Case, { url, key, model, account }: Places) {
  if (through === "worker" || account === undefined) return { url: url + path, token: key };
  return { url: `${account.api}/accounts/${account.id}/ai/run/${model}`, token: account.token };
}

/** Takes what belongs to the account out of a recording: its id, its token and the key, wherever they stand. */
export function redact(recording: Recording, { key, account }: Places): Recording {
  const secrets = [key, account?.id, account?.token].filter((secret) => secret !== undefined && secret !== "");
  const clean = (text: string): string =>
    secrets
      .reduce<string>((cleaned, secret) => cleaned.replaceAll(String(secret), "redacted"), text)
      // Ids by which Cloudflare knows a call.
      .replaceAll(/"(cf-ai-req-id|cf-ray|ray_id)"\s*:\s*"[^"]*"/g, '"$1":"redacted"');
  return { ...recording, chunks: recording.chunks.map(([time, text]) => [time, clean(text)] as const) };
}
