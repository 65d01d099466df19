import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface ApiCall {
  method: string;
  /** With its query. */
  path: string;
  authorization: string | undefined;
  body: Record<string, unknown>;
}

export type WireEvent = { type: string } & Record<string, unknown>;

export type Answer =
  | { status?: number; json: unknown; headers?: Record<string, string> }
  /** Each event after `everyMs`; `breaks` resets the connection after the last. */
  | { events: Iterable<WireEvent> | AsyncIterable<WireEvent>; everyMs?: number; breaks?: boolean };

export interface ScriptedApi {
  url: string;
  calls: ApiCall[];
  /** Answers calls whose `METHOD path` begins with this text; the latest rule that fits is taken. */
  on(start: string, answer: Answer | ((call: ApiCall) => Answer)): void;
  clear(): void;
  stop(): Promise<void>;
}

/**
 * The pages of a real Worker, with the headers it gives them, in front of an API that says what a test tells it to. For
 * what a real model can't be made to do: hostile answers, hosted tools, an operator's figures.
 */
export async function startScriptedApi(pagesUrl: string): Promise<ScriptedApi> {
  const calls: ApiCall[] = [];
  let rules: [string, Answer | ((call: ApiCall) => Answer)][] = [];
  const server = createServer((request, response) => {
    void receive(request, response).catch(() => response.destroy());
  });

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    const pieces = await Array.fromAsync(request);
    const text = Buffer.concat(pieces as Buffer[]).toString("utf8");
    const body: Record<string, unknown> = text === "" ? {} : JSON.parse(text);
    const call = { method, path: url, authorization: request.headers.authorization, body };
    const rule = rules.findLast(([start]) => `${method} ${url}`.startsWith(start));
    if (rule === undefined) return proxy(url, response);
    calls.push(call);
    const answer = typeof rule[1] === "function" ? rule[1](call) : rule[1];
    if ("json" in answer) {
      response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
      response.end(JSON.stringify(answer.json));
      return undefined;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    for await (const event of answer.events) {
      if (response.destroyed) return undefined;
      if (answer.everyMs !== undefined) await sleep(answer.everyMs);
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    }
    if (answer.breaks === true) {
      // So that what was written has left.
      await sleep(100);
      response.destroy();
    } else response.end();
    return undefined;
  }

  async function proxy(path: string, response: ServerResponse): Promise<void> {
    const page = await fetch(new URL(path, pagesUrl));
    const headers = [...page.headers].filter(
      ([name]) => !["content-encoding", "transfer-encoding", "content-length"].includes(name),
    );
    response.writeHead(page.status, Object.fromEntries(headers));
    response.end(Buffer.from(await page.arrayBuffer()));
  }

  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    on: (start, answer) => rules.push([start, answer]),
    clear() {
      rules = [];
      calls.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
