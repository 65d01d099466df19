import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { embedAssets } from "../support/embed-assets.ts";
import type { Answer } from "../support/scripted-upstream.ts";
import { type Api, startApi, testKey } from "../support/start-api.ts";
import { findBarriers, openBrowser, openPage, type WatchedPage } from "./open-browser.ts";

/** The production bundle in a real workerd, with Cloudflare's AI binding, in front of a scripted upstream. */
let api: Api;
let assets: Awaited<ReturnType<typeof embedAssets>>;
let browser: Browser;
let watched: WatchedPage | undefined;

beforeAll(async () => {
  assets = await embedAssets();
  const services = [{ binding: "ASSETS", service: "assets" }];
  [api, browser] = await Promise.all([
    startApi(
      inject("bundlePath"),
      [
        { name: "native", services },
        { name: "compat", services, vars: { MODE: "compat" } },
      ],
      [assets.worker],
    ),
    openBrowser(),
  ]);
});
beforeEach(() => api.upstream.clear());

afterEach(async () => {
  await watched?.page.context().close();
  expect(watched?.foreignRequests ?? []).toEqual([]);
  expect(watched?.problems ?? []).toEqual([]);
  watched = undefined;
});

afterAll(async () => {
  await browser?.close();
  await api?.stop();
  await assets?.remove();
});

async function open(mode: "native" | "compat", key = testKey): Promise<Page> {
  watched = await openPage(browser, `${api.workerd.url(mode)}/`);
  await watched.page.locator("#status:not(.loading)").waitFor();
  await watched.page.getByLabel("Key").fill(key);
  return watched.page;
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message").fill(message);
  await page.getByRole("button", { name: "Send" }).click();
}

async function settled(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Send" }).waitFor();
}

const frame = (event: Record<string, unknown>) => `event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`;

const place = { item_id: "msg_1", output_index: 0, content_index: 0 };

function answer(id: string, text: string) {
  const item = { id: "msg_1", type: "message", role: "assistant", content: [{ type: "output_text", text }] };
  return { id, object: "response", status: "completed", output: [item] };
}

const begun =
  frame({
    type: "response.created",
    response: { id: "resp_1", object: "response", status: "in_progress", output: [] },
  }) + frame({ type: "response.output_text.delta", ...place, delta: "Half an ans" });

/** A piece of a chat completion, which compat mode translates. */
function writeChunk(delta: object, finish_reason: string | null): string {
  const choices = [{ index: 0, delta, finish_reason }];
  return `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "m", choices })}\n\n`;
}

/** A stream that goes on until somebody leaves. */
async function* endless() {
  yield begun;
  for (;;) {
    await sleep(20);
    yield frame({ type: "response.output_text.delta", ...place, delta: "wer" });
  }
}

test.each([
  ["the Stop button", (page: Page) => page.getByRole("button", { name: "Stop" }).click()],
  ["Escape", (page: Page) => page.keyboard.press("Escape")],
])("%s cancels a stream all the way to the model", async (_what, stop) => {
  api.upstream.enqueue({ headers: { "content-type": "text/event-stream" }, body: endless() });
  const page = await open("native");
  await send(page, "Hello");
  await page.locator(".text", { hasText: "Half an answer" }).waitFor();
  const call = await api.upstream.nextCall();
  expect(call.outcome).toBeUndefined();
  await page.waitForTimeout(300);
  await stop(page);
  expect((await call.closed).outcome).toBe("aborted");
  await settled(page);
  expect(await page.locator(".text").innerText()).toMatch(/^Half an answer/);
  expect(await page.locator(".facts").innerText()).toMatch(/Stopped after\s+\d+/);
  expect(await page.locator("#announcer").innerText()).toBe("Stopped.");
  expect(await page.getByLabel("Message").inputValue()).toBe("Hello");
});

// Over HTTP/1.1 a browser that hangs up sends a FIN, which workerd can't tell from one that has said all and listens on:
// the call ends when its first byte finds nobody there. Over HTTP/2, as everywhere on Cloudflare's network, it ends at once.
test.each(["native", "compat"] as const)(
  "Escape lets go of a call that has not answered yet, in %s mode",
  async (mode) => {
    const { promise, resolve: begin } = Promise.withResolvers<Answer>();
    api.upstream.enqueue(() => promise);
    const page = await open(mode);
    await send(page, "Hello");
    const call = await api.upstream.nextCall();
    await page.keyboard.press("Escape");
    await settled(page);
    expect(await page.locator("#announcer").innerText()).toBe("Stopped.");
    begin({ headers: { "content-type": "text/event-stream" }, body: endless() });
    expect((await call.closed).outcome).toBe("aborted");
  },
);

test("a double click on Send sends, and stops nothing", async () => {
  api.upstream.enqueue({ body: JSON.stringify(answer("resp_1", "Here.")) });
  const page = await open("native");
  await page.getByLabel("Message").fill("Hello");
  await page.getByRole("button", { name: "Send" }).dblclick();
  await settled(page);
  expect(await page.locator(".text").innerText()).toBe("Here.");
  expect(api.upstream.calls).toHaveLength(1);
});

test("the raw view has upstream's bytes as they came, whatever they are", async () => {
  const odd =
    ": a comment\r\n\r\n" +
    `data: {"type":"response.created","response":{"id":"resp_1"},"n":1.0}\r\n\r\n` +
    'event: response.strange\ndata: {"type":"response.strange",\ndata: "text":"žluťoučký 🐎"}\n\n' +
    frame({ type: "response.completed", response: answer("resp_1", "Done.") }) +
    "data: [DONE]\n\n: bye";
  api.upstream.enqueue({ headers: { "content-type": "text/event-stream" }, body: odd });
  const page = await open("native");
  await send(page, "Hello");
  await settled(page);
  expect(await page.locator(".text").innerText()).toBe("Done.");
  await page.getByRole("tab", { name: "Events" }).click();
  await page.locator("#copy-events").click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(odd);
});

test("where nothing is stored, Continue sends the whole conversation again", async () => {
  api.upstream.enqueue(
    { body: JSON.stringify(answer("resp_1", "First.")) },
    { body: JSON.stringify(answer("resp_2", "Second.")) },
  );
  const page = await open("native");
  await page.getByRole("switch", { name: "Stream" }).click();
  await send(page, "One");
  await settled(page);
  expect(await page.locator("#hint").innerText()).toBe("Continues: the whole conversation is sent again.");
  await send(page, "Two");
  await settled(page);
  expect(api.upstream.calls[1]?.inputs).toEqual({
    input: [{ role: "user", content: "One" }, answer("resp_1", "First.").output[0], { role: "user", content: "Two" }],
  });
});

test("an error names its param and code, and marks the field it speaks of", async () => {
  const page = await open("compat");
  await page.getByText("Tools", { exact: true }).click();
  await page.getByLabel("Tools, a JSON array").fill('[{"type": 5}]');
  await send(page, "Hello");
  await settled(page);
  const card = page.getByRole("region", { name: "Error" });
  expect(await card.innerText()).toMatch(
    /^error 400\s+The field `tools\[0\]\.type` must be a string\.\s+code\s+invalid_type\s+param\s+tools\[0\]\.type\s+x-request-id/,
  );
  expect(await page.getByLabel("Tools, a JSON array").getAttribute("aria-invalid")).toBe("true");
  expect(api.upstream.calls).toHaveLength(0);
});

test("a wrong key is told as the API tells it, and is in no snippet", async () => {
  const page = await open("native", "wrong-key-0123456789");
  await send(page, "Hello");
  await settled(page);
  expect(await page.getByRole("region", { name: "Error" }).innerText()).toMatch(/^error 401[^]*invalid_api_key/);
  expect(await page.locator("#key-error").innerText()).toBe("This Worker does not know this key.");
  expect(await page.getByLabel("Key").evaluate((field) => field === document.activeElement)).toBe(true);
  await page.getByRole("tab", { name: "Code" }).click();
  for (const language of ["curl", "javascript", "python", "codex"]) {
    await page.getByLabel("Language").selectOption(language);
    const snippet = await page.locator("#snippet").innerText();
    expect(snippet).toContain("RESPONSES_API_KEY");
    expect(snippet).not.toContain("wrong-key");
  }
});

test("a Worker with keys asks for one, and takes the message up again", async () => {
  api.upstream.enqueue({ body: JSON.stringify(answer("resp_1", "Here.")) });
  const page = await open("native", "");
  const key = page.getByLabel("Key");
  const isFocused = () => key.evaluate((field) => field === document.activeElement);
  const hint = page.getByText("This Worker asks for a key. Enter the key");
  expect(await findBarriers(page)).toEqual([]);
  await page.getByRole("button", { name: "Enter the key" }).click();
  expect(await isFocused()).toBe(true);

  await send(page, "Hello");
  await settled(page);
  expect(await page.getByRole("region", { name: "Error" }).innerText()).toMatch(/^error 401[^]*missing_api_key/);
  expect(await page.locator("#key-error").innerText()).toBe("This Worker asks for a key.");
  expect(await isFocused()).toBe(true);
  expect(api.upstream.calls).toHaveLength(0);
  expect(await findBarriers(page)).toEqual([]);

  await page.keyboard.type(testKey);
  expect(await page.locator("#key-error").innerText()).toBe("");
  expect(await hint.isVisible()).toBe(false);
  await page.keyboard.press("Enter");
  await page.locator(".text").waitFor();
  expect(await page.locator(".text").innerText()).toBe("Here.");
});

test("on a phone the settings open when the key is asked for", async () => {
  watched = await openPage(browser, `${api.workerd.url("native")}/`, { viewport: { width: 360, height: 640 } });
  const { page } = watched;
  const key = page.getByLabel("Key");
  await page.getByRole("button", { name: "Enter the key" }).click();
  expect(await key.evaluate((field) => field === document.activeElement)).toBe(true);
  await page.keyboard.type("wrong-key-0123456789");
  await page.getByText("Settings", { exact: true }).click();
  expect(await key.isVisible()).toBe(false);

  await send(page, "Hello");
  await settled(page);
  expect(await page.locator("#key-error").innerText()).toBe("This Worker does not know this key.");
  expect(await key.evaluate((field) => field === document.activeElement)).toBe(true);
  const top = await key.evaluate((field) => field.getBoundingClientRect().top);
  expect(top).toBeGreaterThan(0);
  expect(top).toBeLessThan(640);
});

test("what the Worker could not do as it was asked is told with the answer", async () => {
  const body = `${writeChunk({ role: "assistant", content: "Here." }, null)}${writeChunk({}, "stop")}data: [DONE]\n\n`;
  api.upstream.enqueue({ headers: { "content-type": "text/event-stream" }, body });
  const page = await open("compat");
  await page.getByText("Tools", { exact: true }).click();
  await page.getByLabel("Tools, a JSON array").fill('[{"type": "web_search"}]');
  await send(page, "Hello");
  await settled(page);
  expect(await page.locator(".turn .note").first().innerText()).toMatch(/^Warning: .*web_search/);
});

test("a failure inside the stream is shown, and what follows it is in the raw view", async () => {
  const error = { type: "server_error", code: "upstream_error", message: "The model failed half-way.", param: "" };
  const failed = frame({ type: "response.failed", response: { ...answer("resp_1", ""), status: "failed", error } });
  const body = begun + frame({ ...error, error, type: "error" }) + failed;
  api.upstream.enqueue({ headers: { "content-type": "text/event-stream" }, body });
  const page = await open("native");
  await send(page, "Hello");
  await settled(page);
  expect(await page.locator(".text").innerText()).toBe("Half an ans");
  expect(await page.getByRole("region", { name: "Error" }).innerText()).toMatch(
    /^error\s+The model failed half-way\.\s+code\s+upstream_error$/,
  );
  await page.getByRole("tab", { name: "Events" }).click();
  expect(await page.locator("#event-list li").last().textContent()).toContain("event: response.failed");
});

test("markup from the model stays text", async () => {
  const text = '<img src=x onerror="alert(1)"><script>alert(2)</script>**bold**';
  api.upstream.enqueue({ body: JSON.stringify(answer("resp_1", text)) });
  const page = await open("native");
  await send(page, "<b>Hello</b>");
  await settled(page);
  expect(await page.locator(".text").innerText()).toBe(text);
  expect(await page.locator(".sent").innerText()).toBe("<b>Hello</b>");
  expect(await page.locator(".turn img, .turn script, .turn b").count()).toBe(0);
});
