import { adminKey, type Order } from "./world.ts";

/** What one part of the bench came to. */
export interface Outcome {
  /** What was measured or counted, a line each. */
  said: string[];
  wrong: string[];
}

export interface MadeKey {
  id: string;
  name: string;
  /** The secret. */
  key: string;
}

export async function askAdmin(
  url: string,
  path: string,
  { method = "GET", body }: { method?: string; body?: object } = {},
): Promise<unknown> {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

let made = 0;

/** Makes a managed key with these limits. */
export async function makeKey(url: string, settings: object = {}): Promise<MadeKey> {
  made += 1;
  const body = { name: `bench-${made}`, ...settings };
  const { id, name, key } = Object(await askAdmin(url, "/admin/keys", { method: "POST", body }));
  return { id: String(id), name: String(name), key: String(key) };
}

/** One way to ask for an answer. */
export interface Way {
  base: "/ai/v1" | "/openai/v1";
  stream: boolean;
  store: boolean;
}

/** What a client saw. */
export interface Seen {
  /** 0 when the connection broke before there was a status. */
  status: number;
  /** All of it, its terminal event included. */
  isWhole: boolean;
  code: string;
  headers: Headers;
}

/** Sends one order with a key and reads the answer whole. Never throws. */
export async function send(url: string, { key, way, order }: { key: string; way: Way; order: Order }): Promise<Seen> {
  let headers = new Headers();
  try {
    const { base, stream, store } = way;
    const answer = await fetch(`${url}${base}/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ input: JSON.stringify(order), stream, store }),
    });
    ({ headers } = answer);
    const text = await answer.text();
    const isWhole = answer.status === 200 && (!stream || /"type":"response\.(completed|incomplete)"/.test(text));
    return {
      status: answer.status,
      isWhole,
      code: answer.ok ? "" : String(Object(JSON.parse(text)).error?.code),
      headers,
    };
  } catch {
    return { status: 0, isWhole: false, code: "", headers };
  }
}

/** Runs `work` on every item, `atOnce` at a time. */
export async function spread<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}
