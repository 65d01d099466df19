import { once } from "node:events";
import { createServer, type IncomingMessage, request as sendRequest, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What arrived at the API: `PUT /accounts/a/workers/scripts/x`, without the query. */
interface ApiCall {
  call: string;
  body: string;
}

/** Cloudflare's API as far as wrangler needs it to deploy one Worker, and the address that Worker is reached at. */
export interface FakeCloudflare {
  /** `http://127.0.0.1:<port>`: the deployed Worker. Requests go on to `serve`'s Worker, and before that are a 503. */
  url: string;
  /** What wrangler is given to find the API. */
  env: Record<string, string>;
  calls: ApiCall[];
  /** Secrets that were put, by name. */
  secrets: Record<string, string>;
  stop(): Promise<void>;
}

/** What the API says of a Worker that was deployed by wrangler. */
const service = { default_environment: { environment: "production", script: { last_deployed_from: "wrangler" } } };

/**
 * Starts it. `serve` is called once secrets are there: it starts a Worker that has them, and returns its address.
 * Shapes are those of developers.cloudflare.com/api, cut to what wrangler 4.15x reads.
 */
export async function startFakeCloudflare(
  serve: (secrets: Readonly<Record<string, string>>) => Promise<string>,
): Promise<FakeCloudflare> {
  const calls: ApiCall[] = [];
  const secrets: Record<string, string> = {};
  const versions: object[] = [];
  let worker: string | undefined;

  /** The `result` of a call; undefined for what does not exist. */
  function answer(method: string, path: string, body: string): unknown {
    const rest = path.replace(/^\/accounts\/account-1/, "");
    if (/^\/workers\/services\/[^/]+$/.test(rest)) return versions.length === 0 ? undefined : service;
    if (rest.endsWith("/assets-upload-session")) return { jwt: "nothing-to-upload", buckets: [] };
    if (rest === "/workers/subdomain") return { subdomain: "team" };
    if (rest.endsWith("/subdomain")) return { enabled: true, previews_enabled: true };
    if (rest.endsWith("/deployments")) return { deployments: [] };
    if (rest.endsWith("/versions")) return { items: versions };
    if (rest.endsWith("/secrets")) return Object.keys(secrets).map((name) => ({ name, type: "secret_text" }));
    if (rest.endsWith("/secrets-bulk")) {
      for (const [name, secret] of Object.entries<{ text: string }>(JSON.parse(body).secrets))
        secrets[name] = secret.text;
      addVersion("secret");
      return {};
    }
    if (/^\/workers\/workers\/[^/]+$/.test(rest)) {
      return { id: "w", name: rest.split("/").at(-1), subdomain: { enabled: true, previews_enabled: true } };
    }
    if (/^\/workers\/scripts\/[^/]+$/.test(rest) && method === "PUT") {
      return {
        id: rest.split("/").at(-1),
        deployment_id: addVersion("upload").replaceAll("-", ""),
        startup_time_ms: 5,
      };
    }
    if (/^\/(user|memberships|accounts)/.test(path)) return path === "/user" ? { email: "a@example.com" } : [];
    return {};
  }

  function addVersion(trigger: string): string {
    const number = versions.length + 1;
    const id = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
    const annotations = { "workers/triggered_by": trigger };
    versions.unshift({ id, number, annotations, metadata: { created_on: "2026-11-24T00:00:00Z" } });
    return id;
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? "";
    if (!url.startsWith("/client/v4")) return forward(request, response);
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString("latin1");
    const path = url.slice("/client/v4".length).replace(/\?.*/, "");
    calls.push({ call: `${request.method} ${path}`, body });
    const result = answer(request.method ?? "", path, body);
    if (path.endsWith("/secrets-bulk")) worker = await serve(secrets);
    const errors = result === undefined ? [{ code: 10_090, message: "workers.api.error.service_not_found" }] : [];
    response.writeHead(result === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ success: result !== undefined, errors, messages: [], result: result ?? null }));
  }

  function forward(request: IncomingMessage, response: ServerResponse): void {
    if (worker === undefined) return void response.writeHead(503).end();
    const { method = "GET", headers, url = "" } = request;
    const forwarded = sendRequest(worker + url, { method, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    request.pipe(forwarded);
  }

  const server = createServer((request, response) => void receive(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    env: {
      CLOUDFLARE_API_BASE_URL: `${url}/client/v4`,
      CLOUDFLARE_API_TOKEN: "token-of-the-test",
      CLOUDFLARE_ACCOUNT_ID: "account-1",
    },
    calls,
    secrets,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
