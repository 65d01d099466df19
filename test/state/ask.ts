import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../src/app.ts";
import { locateResponse } from "../../src/state/get-stored.ts";
import type { Place } from "../../src/state/place.ts";

export const keys = { alice: "key-one-0123456789", bob: "key-two-0123456789" } as const;

export interface Asked {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown> & { error?: Record<string, string> };
}

/** What the model was called with, and what it answers: one answer a call, the last one for the rest. */
export function scriptModel(...answers: (object | string | Response)[]) {
  const calls: Record<string, unknown>[] = [];
  return {
    calls,
    run(_model: string, inputs: Record<string, unknown>) {
      const answer = answers[Math.min(calls.length, answers.length - 1)];
      calls.push(inputs);
      if (answer instanceof Response) return Promise.resolve(answer);
      const isText = typeof answer === "string";
      return Promise.resolve(
        new Response(isText ? answer : JSON.stringify(answer), {
          headers: { "content-type": isText ? "text/event-stream" : "application/json" },
        }),
      );
    },
  };
}

/** Calls the Worker with the objects of this project, as alice unless said otherwise, and waits for all that it does. */
export async function ask(
  path: string,
  {
    key = keys.alice,
    body,
    method = body === undefined ? "GET" : "POST",
    settings = {},
  }: { key?: string; body?: object; method?: string; settings?: object } = {},
): Promise<Asked> {
  const context = createExecutionContext();
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const response = await app.request(
    path,
    {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        "x-request-id": "request-1",
        ...(sent !== undefined && { "content-length": String(new TextEncoder().encode(sent).length) }),
      },
      ...(sent !== undefined && { body: sent }),
    },
    { ...env, API_KEYS: `alice:${keys.alice},bob:${keys.bob}`, ...settings },
    context,
  );
  const text = await response.text();
  await waitOnExecutionContext(context);
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
}

let made = 0;

/** An id that no other test has. */
export function newId(): string {
  made += 1;
  return `resp_${crypto.randomUUID().slice(0, 8)}_${made}`;
}

export function message(text: string, id = `msg_${text}`): object {
  return {
    id,
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text, annotations: [] }],
  };
}

/** A finished Response as an upstream sends it. */
export function answerOf(id: string, text = "hi"): Record<string, unknown> {
  return { id, object: "response", created_at: 1, status: "completed", model: "m", output: [message(text)] };
}

/** All of a context, and with the ids of its items. */
export const readAll = { withIds: false, mostBytes: 100_000_000 };
export const readAllWithIds = { ...readAll, withIds: true };

/** Where a response of alice's is. */
export async function placeOf(id: string): Promise<Place> {
  const place = await locateResponse(env, { keyName: "alice", id });
  if (place === undefined) throw new Error(`there is no response ${id}`);
  return place;
}

/** Runs `work` in the storage that holds a response of alice's, with the number of its turn. */
export async function inThreadOf<T>(
  id: string,
  work: (storage: DurableObjectStorage, turn: number) => T | Promise<T>,
): Promise<T> {
  const { thread, turn } = await placeOf(id);
  return runInDurableObject(env.THREADS.getByName(thread), (_object, { storage }) => work(storage, turn));
}
