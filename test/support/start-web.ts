import { type HttpServer, serveFetch } from "./serve-fetch.ts";

/** One request that left the Worker. */
export interface WebRequest {
  /** `https://host/path`: a binding to a server keeps the host and loses the scheme. */
  url: string;
  method: string;
  headers: Headers;
  body: string;
  /** Aborts when the Worker has left. */
  signal: AbortSignal;
}

type Host = string | ((request: WebRequest) => Response | Promise<Response>);

export interface TestWeb extends HttpServer {
  /** `127.0.0.1:<port>`, for the binding WEB. */
  address: string;
  asked: WebRequest[];
  /** By host: what answers, or the URL of the server that does. */
  hosts: Map<string, Host>;
}

/** Starts what stands for the web in tests: a few hosts, and 502 for any other. */
export async function startTestWeb(hosts: Record<string, Host>): Promise<TestWeb> {
  const known = new Map(Object.entries(hosts));
  const asked: WebRequest[] = [];
  const server = await serveFetch(async (request) => {
    const { host, pathname, search } = new URL(request.url);
    const { method, headers, signal } = request;
    const seen = { url: `https://${host}${pathname}${search}`, method, headers, body: await request.text(), signal };
    asked.push(seen);
    const answers = known.get(host);
    if (answers === undefined) return new Response("no such host", { status: 502 });
    if (typeof answers !== "string") return answers(seen);
    const forwarded = new Headers(headers);
    for (const name of ["host", "connection", "content-length", "transfer-encoding"]) forwarded.delete(name);
    const answer = await fetch(new URL(pathname + search, answers), {
      method,
      headers: forwarded,
      signal,
      ...(seen.body !== "" && { body: seen.body }),
    });
    const passed = new Headers(answer.headers);
    passed.delete("content-encoding");
    return new Response(answer.body, { status: answer.status, headers: passed });
  });
  return { ...server, address: server.url.slice("http://".length), asked, hosts: known };
}
