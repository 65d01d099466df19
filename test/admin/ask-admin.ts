import { env } from "cloudflare:workers";
import { app } from "../../src/app.ts";

export const adminKey = "admin-key-0123456789abcdef0123456789";
export const aliceKey = "key-one-0123456789";

/** An upstream that reports a hundred tokens for each call, and counts the calls. */
export function createAi() {
  const ai = {
    calls: 0,
    run() {
      ai.calls += 1;
      const usage = { input_tokens: 60, output_tokens: 40 };
      return Promise.resolve(Response.json({ object: "response", status: "completed", usage }));
    },
  };
  return ai;
}

interface Sent {
  method?: string;
  key?: string | undefined;
  body?: unknown;
  settings?: object;
  headers?: Record<string, string>;
}

/** Calls the Worker with the objects of this project, as the admin unless said otherwise. */
export async function send(
  path: string,
  { method = "GET", key = adminKey, body, settings = {}, headers = {} }: Sent = {},
): Promise<Response> {
  return app.request(
    path,
    {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    },
    { ...env, AI: createAi(), API_KEYS: `alice:${aliceKey}`, ADMIN_KEY: adminKey, ...settings },
  );
}

export interface MadeKey extends Record<string, unknown> {
  id: string;
  name: string;
  /** The secret. */
  key: string;
}

let made = 0;

/** A name no other test uses: the directory outlives a test. */
export function createName(): string {
  made += 1;
  return `team-${made}-${crypto.randomUUID().slice(0, 8)}`;
}

/** Makes a managed key. */
export async function makeKey(settings: object = {}): Promise<MadeKey> {
  const answer = await send("/admin/keys", { method: "POST", body: { name: createName(), ...settings } });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json<MadeKey>();
}

export async function errorOf(answer: Response | Promise<Response>) {
  const settled = await answer;
  return { status: settled.status, ...(await settled.json<{ error: Record<string, string> }>()).error };
}
