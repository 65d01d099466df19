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
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-request-id": expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("has the API reference beside it, which may load nothing from elsewhere either", async () => {
    for (const path of ["/reference", "/reference/page.js"]) {
      const answer = await send(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-security-policy")).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
    }
  });

  it("has its parts beside it", async () => {
    expect((await send("/console/main.js")).headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect((await send("/console/style.css")).headers.get("content-type")).toBe("text/css; charset=utf-8");
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

  it.each(["/", "/console/main.js", "/reference", "/reference/page.js"])(
    "is gone with CONSOLE=off: %s",
    async (path) => {
      expect(await errorOf(await send(path, { CONSOLE: "off" }))).toEqual({ status: 404, code: "not_found" });
    },
  );

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
