import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";

function send(path: string, { method = "GET", ...settings }: { method?: string; CONSOLE?: string } = {}) {
  return app.request(`http://worker.test${path}`, { method }, { ASSETS: env.ASSETS, ...settings });
}

async function errorOf(answer: Response) {
  const body = await answer.json<{ error: { code: string } }>();
  return { status: answer.status, code: body.error.code };
}

describe("the console", () => {
  it("is at the root, with a policy that lets nothing in from elsewhere", async () => {
    const answer = await send("/");
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("<title>Responses API console</title>");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; " +
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-request-id": expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("has the API reference beside it, under the same policy", async () => {
    const [console, reference] = await Promise.all([send("/"), send("/reference")]);
    expect(reference.status).toBe(200);
    expect(await reference.text()).toContain("<title>Responses API reference</title>");
    const policy = "content-security-policy";
    expect(reference.headers.get(policy)).toBe(console.headers.get(policy));
  });

  it("has its parts beside it, and those named by their content stay with the browser", async () => {
    const page = await (await send("/")).text();
    const parts = [...page.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, path]) => path ?? "");
    expect(parts.length).toBeGreaterThan(5);
    const forever = "public, max-age=31536000, immutable";
    for (const path of parts) {
      const answer = await send(path);
      expect([path, answer.status]).toEqual([path, 200]);
      const isNamed = /-[\w-]{8}\.\w+$/.test(path);
      expect([path, answer.headers.get("cache-control") === forever]).toEqual([path, isNamed]);
      if (path.endsWith(".js")) expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
      await answer.body?.cancel();
    }
  });

  it("is not sent again when the browser has it", async () => {
    const etag = (await send("/")).headers.get("etag") ?? "";
    const again = await app.request(
      "http://worker.test/",
      { headers: { "if-none-match": etag } },
      { ASSETS: env.ASSETS },
    );
    expect(again.status).toBe(304);
    expect(await again.text()).toBe("");
  });

  it("answers HEAD without a body", async () => {
    const answer = await send("/", { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("");
  });

  it.each(["/", "/console/theme.js", "/reference"])("is gone with CONSOLE=off: %s", async (path) => {
    expect(await errorOf(await send(path, { CONSOLE: "off" }))).toEqual({ status: 404, code: "not_found" });
  });

  it.each(["/console/nothing.js", "/console/../src/index.ts", "/console/"])("has nothing at %s", async (path) => {
    expect(await errorOf(await send(path))).toEqual({ status: 404, code: "not_found" });
  });

  it("is gone where no files are bound", async () => {
    expect(await errorOf(await app.request("/", {}, {}))).toEqual({ status: 404, code: "not_found" });
  });

  it("names a wrong value of CONSOLE", async () => {
    const answer = await send("/", { CONSOLE: "maybe" });
    expect(await answer.json()).toEqual({
      error: {
        message: "The setting CONSOLE must be on or off.",
        type: "server_error",
        param: "CONSOLE",
        code: "misconfigured",
      },
    });
  });
});
