import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { version } from "../../package.json";
import committed from "../../public/openapi.json";
import { app } from "../../src/app.ts";
import { openSocket } from "../../src/websocket/open-socket.ts";
import { buildDocument } from "../../tools/openapi/document.ts";
import { routes } from "../../tools/openapi/routes.ts";

/** Where the create route and all below it are, too. */
const restPaths = /^\/(?:ai|client\/v4\/accounts\/\{\}\/ai)(?=\/v1\/)/;

/** Pages, which are for people. */
const pages = new Set(["/", "/console/*", "/reference", "/reference/*"]);

/** Every path and method the app has a handler for; one below a REST path counts as such. */
function listRoutes() {
  return app.routes
    .map((route) => (route.handler === openSocket ? { ...route, method: "GET" } : route))
    .filter(({ method, path }) => method !== "ALL" && method !== "OPTIONS" && !pages.has(path))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:\w+(?:\{[^}]*\})?/g, "{}")}`);
}

describe("the OpenAPI document", () => {
  it("is as `npm run openapi` writes it", () => {
    expect(committed).toEqual(JSON.parse(JSON.stringify(buildDocument(version))));
  });

  it("has every route of the app and no other", () => {
    const described = routes.flatMap(({ method, path, alsoAtRestPaths, hasNoBase }) => {
      const route = path.replaceAll(/\{\w+\}/g, "{}");
      if (hasNoBase === true) return [`${method.toUpperCase()} ${route}`];
      const prefixes = ["", "/openai", ...(alsoAtRestPaths === true ? ["/ai", "/client/v4/accounts/{}/ai"] : [])];
      return prefixes.map((prefix) => `${method.toUpperCase()} ${prefix}${route}`);
    });
    expect(described.toSorted()).toEqual([...new Set(listRoutes())].toSorted());
    expect(described.filter((route) => restPaths.test(route.slice(route.indexOf("/"))))).toHaveLength(16);
  });

  it("has every header that pages of other origins may read", async () => {
    const answer = await app.request("/health", {}, {});
    const exposed = answer.headers.get("access-control-expose-headers")?.split(",") ?? [];
    expect(Object.keys(committed.components.headers).toSorted()).toEqual(exposed.toSorted());
  });

  it("names each operation once", () => {
    const names = routes.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it("is served to any origin, with or without the console", async () => {
    for (const CONSOLE of ["on", "off"]) {
      const answer = await app.request("http://worker.test/openapi.json", {}, { ASSETS: env.ASSETS, CONSOLE });
      expect(answer.status).toBe(200);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "content-type": "application/json",
        "access-control-allow-origin": "*",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      });
      expect(await answer.json()).toEqual(committed);
    }
  });

  it("is a 404 where no files are bound", async () => {
    expect((await app.request("/openapi.json", {}, {})).status).toBe(404);
  });
});
