import { describe, expect, it } from "vitest";
import { type Fetch, fetchGuarded } from "../../src/web/fetch-guarded.ts";
import type { WebFailure } from "../../src/web/web-failure.ts";

interface Request {
  url: string;
  init: RequestInit;
}

/** A web of a few pages: what is asked for goes to `requests`. */
function web(pages: Record<string, (init: RequestInit) => Response | Promise<Response>>) {
  const requests: Request[] = [];
  const fetch: Fetch = async (url, init) => {
    requests.push({ url, init });
    const page = pages[url];
    if (page === undefined) throw new TypeError("Network connection lost.");
    return page(init);
  };
  return { requests, fetch };
}

function redirect(location: string, status = 302) {
  return () => new Response(null, { status, headers: { location } });
}

const html = () => new Response("<p>Hello</p>", { headers: { "content-type": 'Text/HTML; charset="utf-8"' } });

function read(url: string, fetch: Fetch, options: { signal?: AbortSignal; timeoutMs?: number } = {}) {
  return fetchGuarded({
    url,
    fetch,
    acceptsType: (type) => type.startsWith("text/"),
    maxBytes: 64,
    timeoutMs: 1_000,
    signal: new AbortController().signal,
    ...options,
  });
}

async function failure(url: string, fetch: Fetch, options?: Parameters<typeof read>[2]): Promise<string> {
  const error = await read(url, fetch, options).then(
    () => undefined,
    (reason: WebFailure) => reason,
  );
  return `${error?.reason}: ${error?.message}`;
}

describe("fetchGuarded", () => {
  it("reads a page and says where it was and what it is", async () => {
    const { fetch, requests } = web({ "https://example.com/": html });
    const page = await read("https://example.com./", fetch);
    expect({ ...page, bytes: new TextDecoder().decode(page.bytes) }).toEqual({
      url: "https://example.com/",
      contentType: "text/html",
      charset: "utf-8",
      bytes: "<p>Hello</p>",
    });
    expect(requests.map(({ init }) => [init.method, init.redirect])).toEqual([["GET", "manual"]]);
    expect(new Headers(requests[0]?.init.headers)).toEqual(
      new Headers({
        accept: "text/html, text/*;q=0.9, */*;q=0.5",
        "user-agent": "responses-api-on-workers-ai",
      }),
    );
  });

  it("follows redirects, absolute and relative, of every kind", async () => {
    const { fetch, requests } = web({
      "https://example.com/": redirect("/one", 301),
      "https://example.com/one": redirect("https://www.example.org/two", 303),
      "https://www.example.org/two": redirect("three", 307),
      "https://www.example.org/three": redirect("//example.net/", 308),
      "https://example.net/": html,
    });
    expect((await read("https://example.com/", fetch)).url).toBe("https://example.net/");
    expect(requests).toHaveLength(5);
  });

  it.each([
    ["http://example.org/", "The URL was not fetched: only https URLs are fetched."],
    ["https://127.0.0.1/", "The URL was not fetched: its host is an IP address."],
    ["https://[::1]/", "The URL was not fetched: its host is an IP address."],
    ["https://0x7f.1/", "The URL was not fetched: its host is an IP address."],
    ["https://localhost/", "The URL was not fetched: its host is not on the public internet."],
    ["//metadata.google.internal/", "The URL was not fetched: its host is not on the public internet."],
    ["https://intranet/", "The URL was not fetched: its host has no domain."],
    ["https://user:password@example.org/", "The URL was not fetched: it carries credentials."],
    ["https://example.org:8443/", "The URL was not fetched: only port 443 is allowed."],
    ["https://", "The URL was not fetched: it is not a valid absolute URL."],
  ])("refuses a redirect to %s", async (location, message) => {
    const { fetch, requests } = web({ "https://example.com/": redirect(location) });
    expect(await failure("https://example.com/", fetch)).toBe(`refused: ${message}`);
    expect(requests).toHaveLength(1);
  });

  it("gives up after five redirects", async () => {
    const { fetch, requests } = web({ "https://example.com/": redirect("/") });
    expect(await failure("https://example.com/", fetch)).toBe(
      "redirects: The page was not read: it redirects more than 5 times.",
    );
    expect(requests).toHaveLength(6);
  });

  it("refuses a status, a content type and a size it can't use", async () => {
    const { fetch } = web({
      "https://a.example/status": () => new Response("secret", { status: 503 }),
      "https://a.example/type": () => new Response("x", { headers: { "content-type": "video/mp4" } }),
      "https://a.example/no-type": () => new Response(new Uint8Array(1)),
      "https://a.example/odd-type": () => new Response("x", { headers: { "content-type": "<script>" } }),
      "https://a.example/announced": () =>
        new Response("x".repeat(65), { headers: { "content-type": "text/plain", "content-length": "65" } }),
    });
    expect(await failure("https://a.example/status", fetch)).toBe(
      "status: The page was not read: its server answered with status 503.",
    );
    expect(await failure("https://a.example/type", fetch)).toBe(
      "type: The page was not read: its content type, video/mp4, is not supported.",
    );
    expect(await failure("https://a.example/no-type", fetch)).toBe(
      "type: The page was not read: its content type is missing or not valid.",
    );
    expect(await failure("https://a.example/odd-type", fetch)).toBe(
      "type: The page was not read: its content type is missing or not valid.",
    );
    expect(await failure("https://a.example/announced", fetch)).toBe(
      "too_large: The page was not read: it is larger than 64 bytes.",
    );
  });

  it("stops reading a body that has no end", async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      type: "bytes",
      pull(controller: ReadableByteStreamController) {
        pulled += 1;
        controller.enqueue(new Uint8Array(32));
      },
      cancel() {
        cancelled = true;
      },
    });
    const { fetch } = web({
      "https://a.example/": () => new Response(endless, { headers: { "content-type": "text/plain" } }),
    });
    expect(await failure("https://a.example/", fetch)).toBe(
      "too_large: The page was not read: it is larger than 64 bytes.",
    );
    expect(pulled).toBeLessThan(6);
    expect(cancelled).toBe(true);
  });

  it("tells a server that is not there from one that is too slow", async () => {
    const { fetch } = web({
      "https://slow.example/": (init) =>
        new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted")))),
    });
    expect(await failure("https://nowhere.example/", fetch)).toBe(
      "unreachable: The page was not read: its server could not be reached.",
    );
    expect(await failure("https://slow.example/", fetch, { timeoutMs: 20 })).toBe(
      "timeout: The page was not read: it took longer than 0.02 seconds.",
    );
  });

  it("ends when nobody waits for the page any more", async () => {
    const left = new AbortController();
    const reason = new Error("the client left");
    const { fetch } = web({
      "https://slow.example/": (init) =>
        new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted")))),
    });
    const reading = read("https://slow.example/", fetch, { signal: left.signal });
    left.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});
