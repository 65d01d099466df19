import { describe, expect, test } from "vitest";
import { findBarriers, readPaint, slowDown, watchPaint } from "./open-browser.ts";
import { setUpConsole } from "./set-up-console.ts";
import { isReady, messageBox, nextBody, openPanel, say, send, settled, startChat } from "./use-console.ts";

/** How the console looks and feels: on every screen, by keyboard, to those who hear it, and on a slow line. */
const site = setUpConsole();
const { open } = site;

const screens = [
  { name: "a wide light window", options: { viewport: { width: 1440, height: 900 }, colorScheme: "light" } },
  { name: "a wide dark window", options: { viewport: { width: 1440, height: 900 }, colorScheme: "dark" } },
  { name: "a tablet", options: { viewport: { width: 820, height: 1180 }, colorScheme: "light" } },
  { name: "a dark phone", options: { viewport: { width: 390, height: 844 }, colorScheme: "dark", hasTouch: true } },
  { name: "half a phone", options: { viewport: { width: 320, height: 480 }, colorScheme: "light" } },
] as const;

test.each(screens)(
  "has no accessibility violation and no sideways scrolling in $name",
  { timeout: 60_000 },
  async ({ options }) => {
    const page = await open(options);
    const check = async () => {
      expect(await findBarriers(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(options.viewport.width);
    };
    await check();
    await page.getByRole("button", { name: "Call a tool" }).click();
    await page.keyboard.press("Enter");
    await settled(page);
    await check();
    await say(page, "[error 3036]");
    await check();
    for (const name of ["Settings", "Inspector"] as const) {
      const panel = await openPanel(page, name);
      await panel.locator("h2").waitFor();
      await check();
      await panel.getByRole("button", { name: /^Close the/ }).click();
    }
    if (options.viewport.width < 840) await page.getByRole("button", { name: "Chats" }).click();
    await page.getByRole("link", { name: "Overview" }).click();
    await page.locator(".tiles").waitFor();
    await check();
  },
);

test("is shown in the colours that were chosen, from the first paint on", async () => {
  const page = await open({ colorScheme: "light" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: /^Colours: system/ }).click();
  await page.getByRole("button", { name: /^Colours: light/ }).click();
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.reload({ waitUntil: "commit" });
  await page.locator("body").waitFor();
  expect(await background()).toBe(dark);
  await isReady(page);
  await page.getByRole("button", { name: /^Colours: dark/ }).click();
  expect(await background()).toBe(light);
});

test("can be used by keyboard alone", async () => {
  const page = await open();
  const focused = () => page.evaluate(() => document.activeElement?.id);
  expect(await focused()).toBe("input");
  await page.keyboard.type("Hello");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("again");
  const body = nextBody(page);
  await page.keyboard.press("Control+Enter");
  expect(await body).toMatchObject({ input: "Hello\nagain" });
  await settled(page);
  expect(await focused()).toBe("input");

  await page.keyboard.press("Control+i");
  const inspector = page.getByRole("complementary", { name: "Inspector" });
  await inspector.getByRole("tab", { name: "Events" }).focus();
  await page.keyboard.press("ArrowRight");
  expect(await inspector.getByRole("tab", { name: "Request" }).getAttribute("aria-selected")).toBe("true");
  await page.keyboard.press("End");
  expect(await inspector.getByRole("tab", { name: "Code" }).getAttribute("aria-selected")).toBe("true");
  await page.keyboard.press("/");
  expect(await focused()).toBe("input");
  expect(await messageBox(page).inputValue()).toBe("");
  await page.keyboard.press("Escape");
  expect(await inspector.count()).toBe(0);

  await page.keyboard.press("Control+k");
  expect(await page.locator(".turn").count()).toBe(0);
  await page.keyboard.press("Control+,");
  await page.getByRole("complementary", { name: "Settings" }).waitFor();
  await page.reload();
  await isReady(page);
  await page.keyboard.press("Shift+Tab");
  await page.locator("a.skip").focus();
  await page.keyboard.press("Enter");
  expect(await focused()).toBe("input");
});

test("announces the answer once, not piece by piece", async () => {
  const page = await open();
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    new MutationObserver(() => said.push(document.querySelector("#announcer")?.textContent ?? "")).observe(
      document.querySelector("#announcer") ?? document,
      { childList: true, characterData: true, subtree: true },
    );
  });
  await say(page, "Hello");
  const said = await page.evaluate(() => (window as unknown as { said: string[] }).said);
  expect(said).toEqual(["Waiting for the answer.", expect.stringMatching(/^Answer: [^]*“Hello”/)]);
});

test("does not animate for those who prefer reduced motion", async () => {
  const page = await open({ reducedMotion: "reduce" });
  await send(page, "[hang]");
  const dot = page.locator(".dots i").first();
  await dot.waitFor();
  expect(await dot.evaluate((node) => getComputedStyle(node).animationName)).toBe("none");
});

describe("on a phone", () => {
  const phone = { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true } as const;

  test("keeps the message box within reach, and the end of the answer in view", async () => {
    const page = await open(phone);
    for (const message of ["Hello", "Hello again", "And again"]) await say(page, message);
    const top = await page.locator(".composer").evaluate((node) => node.getBoundingClientRect().top);
    const bottom = await page
      .locator(".answer-footer")
      .last()
      .evaluate((node) => node.getBoundingClientRect().bottom);
    expect(bottom).toBeLessThanOrEqual(top);
    expect(await messageBox(page).evaluate((field) => field.getBoundingClientRect().bottom)).toBeLessThan(760);
  });

  test("opens the list of chats by a button", async () => {
    const page = await open(phone);
    await say(page, "Hello");
    const link = page.getByRole("link", { name: "Hello" });
    expect(await link.isVisible()).toBe(false);
    await page.getByRole("button", { name: "Chats" }).tap();
    await startChat(page);
    expect(await page.locator(".turn").count()).toBe(0);
    await page.getByRole("button", { name: "Chats" }).tap();
    await link.tap();
    expect(await page.locator(".bubble").innerText()).toBe("Hello");
    await link.waitFor({ state: "hidden" });
  });

  // Lighthouse's phone: 1.6 Mbit/s, 150 ms, a processor four times slower.
  test("paints within a second on a slow line, and weighs at most 200 KB in all", { retry: 4 }, async () => {
    const context = await site.browser.newContext(phone);
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 150,
      downloadThroughput: (1.6 * 1024 * 1024) / 8,
      uploadThroughput: (750 * 1024) / 8,
    });
    await slowDown(page, 4);
    let bytes = 0;
    session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
    await page.addInitScript(watchPaint);
    await page.goto(`${site.dev.url}/`);
    await isReady(page);
    expect((await readPaint(page)).firstPaint).toBeGreaterThan(0);
    expect((await readPaint(page)).firstPaint).toBeLessThan(1000);
    // Everything there is: the panels, the overview, the highlighter and the schema checks too.
    await session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
    await slowDown(page, 1);
    await page.getByRole("button", { name: "Answer as JSON" }).click();
    await page.keyboard.press("Enter");
    await settled(page);
    await page.getByText("Fits the schema").waitFor();
    for (const name of ["Settings", "Inspector"] as const) {
      const panel = await openPanel(page, name);
      await panel.getByRole("button", { name: /^Close the/ }).click();
    }
    await page.getByRole("button", { name: "Chats" }).click();
    await page.getByRole("link", { name: "Overview" }).click();
    await page.locator(".tiles").waitFor();
    await page.waitForLoadState("networkidle");
    console.log(`the whole console: ${bytes} bytes on the wire, headers and answers included`);
    expect(bytes).toBeLessThan(200_000);
    await context.close();
  });
});

test("does not shift its layout while it loads", async () => {
  const page = await open();
  await page.waitForTimeout(500);
  const { shift, moved } = await readPaint(page);
  expect({ shift, moved }).toEqual({ shift: 0, moved: [] });
});

test("stores keys for the tab only, and besides them only ids, titles and settings", async () => {
  const page = await open();
  await page.getByRole("button", { name: "Keys" }).click();
  await page.getByLabel("API key").fill("key-0123456789abcdef");
  await page.getByRole("button", { name: "Save" }).click();
  await (await openPanel(page, "Settings")).getByLabel("Instructions").fill("Be brief.");
  await page.keyboard.press("Escape");
  await say(page, "Hello");
  const stored = await page.evaluate(() => ({
    session: Object.fromEntries(Object.entries(sessionStorage)),
    local: Object.keys(localStorage).toSorted(),
    text: JSON.stringify(Object.values(localStorage)),
    cookie: document.cookie,
  }));
  expect(stored.session).toEqual({ "console.key": "key-0123456789abcdef" });
  expect(stored.local).toEqual(["console.chats", "console.settings"]);
  expect(stored.text).not.toContain("key-0123");
  expect(stored.cookie).toBe("");
  await page.reload();
  const other = await page.context().newPage();
  await other.goto(`${site.dev.url}/`);
  await other.getByRole("button", { name: "Keys" }).click();
  expect(await other.getByLabel("API key").inputValue()).toBe("");
});

test("goes on where the browser's storage is full, and says once that a reload forgets", async () => {
  const page = await open();
  const notice = page.getByRole("status").filter({ hasText: "This browser could not store what changed" });
  await page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
    };
  });
  await say(page, "Hello");
  await notice.waitFor();
  expect(await findBarriers(page)).toEqual([]);
  await notice.getByRole("button", { name: "Dismiss" }).click();
  await say(page, "Hello again");
  expect(await page.locator(".message").count()).toBe(2);
  expect(await page.locator(".chats a.row").allInnerTexts()).toEqual(["Hello"]);
  expect(await notice.count()).toBe(0);
});

test("starts and answers where the browser denies it storage", async () => {
  const page = await open();
  await page.addInitScript(() => {
    // oxlint-disable-next-line unicorn/consistent-function-scoping -- the page gets the function around it alone
    const get = () => {
      throw new DOMException("Access is denied for this document.", "SecurityError");
    };
    Object.defineProperty(window, "localStorage", { get });
    Object.defineProperty(window, "sessionStorage", { get });
  });
  await page.reload();
  await isReady(page);
  const notice = page.getByRole("status").filter({ hasText: "This browser could not store what changed" });
  expect(await notice.count()).toBe(0);
  await page.getByRole("button", { name: /^Colours: system/ }).click();
  expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("light");
  await say(page, "Hello");
  expect(await page.locator(".message").innerText()).toContain("“Hello”");
  expect(await notice.count()).toBe(1);
});
