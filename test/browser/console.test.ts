import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type DevServer, startDev } from "../support/start-dev.ts";
import { findBarriers, openBrowser, openPage, type WatchedPage } from "./open-browser.ts";

const run = promisify(execFile);

let dev: DevServer;
let browser: Browser;
let watched: WatchedPage | undefined;

beforeAll(async () => {
  [dev, browser] = await Promise.all([startDev(), openBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await dev?.stop();
});

/** Whatever a test did, the page asked nobody else and broke no rule of its policy. */
afterEach(async () => {
  await watched?.page.context().close();
  expect(watched?.foreignRequests ?? []).toEqual([]);
  expect(watched?.problems ?? []).toEqual([]);
  watched = undefined;
});

async function open(options?: BrowserContextOptions): Promise<Page> {
  watched = await openPage(browser, `${dev.url}/`, options);
  await watched.page.locator("#status:not(.loading)").waitFor();
  return watched.page;
}

/** Sends a message and waits until its answer is there, whole or not. */
async function say(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message").fill(message);
  await page.getByRole("button", { name: "Send" }).click();
  await settled(page);
}

async function settled(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Send" }).waitFor();
}

/** The body of the request the page sends next. */
async function nextBody(page: Page): Promise<Record<string, unknown>> {
  const request = await page.waitForRequest((sent) => sent.url().endsWith("/openai/v1/responses"));
  return request.postDataJSON();
}

function factOf(page: Page, name: string) {
  return page.locator(".turn").last().locator(".facts div", { hasText: name }).locator("dd");
}

describe("the status strip", () => {
  test("says mode, models, features and version", async () => {
    const page = await open();
    expect(await page.locator("#status").innerText()).toMatch(
      /^Mode\s+native\s+Models\s+gpt-oss-20b\s+Features\s[^]*responses\s+: on[^]*Version\s+\d+\.\d+\.\d+$/,
    );
  });
});

describe("an answer", () => {
  test("appears token by token, with its reasoning in a fold, and its facts", async () => {
    const page = await open();
    await page.evaluate(() => {
      const lengths = new Set<number>();
      Object.assign(window, { lengths });
      new MutationObserver(() => lengths.add(document.querySelector(".text")?.textContent?.length ?? 0)).observe(
        document.body,
        { subtree: true, childList: true, characterData: true },
      );
    });
    await say(page, "Hello there");
    const lengths = await page.evaluate(() => (window as unknown as { lengths: Set<number> }).lengths.size);
    expect(lengths).toBeGreaterThan(30);
    expect(await page.locator(".text").innerText()).toMatch(/^This is the local stand-in .* “Hello there”\./);

    const reasoning = page.getByText('User says: "Hello there".');
    expect(await reasoning.isVisible()).toBe(false);
    await page.getByText("Reasoning", { exact: true }).click();
    expect(await reasoning.isVisible()).toBe(true);

    expect(await factOf(page, "First token").innerText()).toMatch(/^\d+ ms$/);
    expect(await factOf(page, "Whole answer").innerText()).toMatch(/^\d+(\.\d+ s| ms)$/);
    expect(await factOf(page, "Id").innerText()).toMatch(/^resp_/);
    const [, input] = /^(\d+) tokens$/.exec(await factOf(page, "Input").innerText()) ?? [];
    const [, output] = /^(\d+) tokens \(\d+ reasoning\)$/.exec(await factOf(page, "Output").innerText()) ?? [];
    const cost = (Number(input) * 0.2 + Number(output) * 0.3) / 1e6;
    expect(await factOf(page, "Cost").innerText()).toBe(
      `$${cost.toLocaleString("en-US", { maximumSignificantDigits: 2, maximumFractionDigits: 12 })}`,
    );
  });

  test("shows that it goes on while the model thinks", async () => {
    const page = await open();
    await page.evaluate(() => {
      const carets = new Set<string>();
      Object.assign(window, { carets });
      new MutationObserver(() => {
        const summary = document.querySelector(".reasoning:last-child > summary");
        if (summary !== null) carets.add(getComputedStyle(summary, "::after").animationName);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await say(page, "Hello there");
    expect(await page.evaluate(() => [...(window as unknown as { carets: Set<string> }).carets])).toEqual(["blink"]);
    const summary = page.locator(".reasoning > summary");
    expect(await summary.evaluate((node) => getComputedStyle(node, "::after").content)).toBe("none");
  });

  test("comes whole with streaming off", async () => {
    const page = await open();
    await page.getByRole("switch", { name: "Stream" }).click();
    await say(page, "Hello there");
    expect(await page.locator(".text").innerText()).toContain("“Hello there”");
    await page.getByRole("tab", { name: "Events" }).click();
    expect(await page.locator("#events-head").innerText()).toMatch(/^200 application\/json in /);
    // Not `innerText`: an event that the browser has not drawn yet (`content-visibility`) has none.
    const body = await page.locator("#event-list pre").textContent();
    expect(JSON.parse(body ?? "")).toMatchObject({ status: "completed" });
  });

  test("follows the schema of structured output", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Answer as JSON" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await settled(page);
    expect(Object.keys(JSON.parse(await page.locator(".text").innerText()))).toEqual(["city", "country", "population"]);
  });

  test("sends the settings that were made, and no others", async () => {
    const page = await open();
    await page.getByLabel("Instructions").fill("Be brief.");
    await page.getByLabel("Effort").selectOption("low");
    await page.getByLabel("Summary").selectOption("auto");
    await page.getByLabel("Token limit").fill("5");
    const body = nextBody(page);
    await say(page, "Hello");
    expect(await body).toEqual({
      model: "@cf/openai/gpt-oss-20b",
      instructions: "Be brief.",
      reasoning: { effort: "low", summary: "auto" },
      max_output_tokens: 5,
      input: "Hello",
      stream: true,
    });
    expect(await page.locator(".turn .note").innerText()).toBe("Incomplete: max_output_tokens.");
  });
});

describe("a conversation", () => {
  test("continues by the last response's id", async () => {
    const page = await open();
    await say(page, "One");
    const id = await factOf(page, "Id").innerText();
    expect(await page.locator("#hint").innerText()).toBe(`Continues ${id}.`);
    const body = nextBody(page);
    await say(page, "Two");
    expect(await body).toMatchObject({ previous_response_id: id, input: "Two" });
    expect(await page.locator(".text").last().innerText()).toContain("I count 3 messages in this conversation");
  });

  test("shows a tool call as a card, takes its result and goes on", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Call a tool" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await settled(page);
    const card = page.getByRole("region", { name: "function call get_weather" });
    expect(JSON.parse(await card.locator("pre").innerText())).toEqual({ city: "Paris", unit: "celsius" });

    await page.getByRole("button", { name: "Send" }).click();
    expect(await page.locator("#hint").innerText()).toBe("Write a result for each call, or start a new conversation.");
    expect(await card.getByLabel("Result").evaluate((field) => field === document.activeElement)).toBe(true);

    await card.getByLabel("Result").fill('{"sky":"clear"}');
    const body = nextBody(page);
    await page.getByRole("button", { name: "Send" }).click();
    expect(await body).toMatchObject({
      input: [{ type: "function_call_output", call_id: expect.any(String), output: '{"sky":"clear"}' }],
    });
    await settled(page);
    expect(await page.locator(".text").innerText()).toContain('The tool answered: “{"sky":"clear"}”.');
  });

  test("begins anew", async () => {
    const page = await open();
    await say(page, "One");
    await page.getByRole("button", { name: "New conversation" }).click();
    expect(await page.locator(".turn").count()).toBe(0);
    const body = nextBody(page);
    await say(page, "Two");
    expect(await body).not.toHaveProperty("previous_response_id");
    expect(await page.locator(".text").innerText()).toContain("I count 1 message in this conversation");
  });
});

describe("an error", () => {
  test("is shown with status, message, code and request id, and keeps the message", async () => {
    const page = await open();
    await say(page, "[error 3040]");
    const card = page.getByRole("region", { name: "Error" });
    expect(await card.innerText()).toMatch(
      /^error 429\s+Workers AI has no capacity left for now\. Try again soon\.\s+code\s+out_of_capacity\s+retry after\s+\d+ s\s+x-request-id\s+[\da-f-]{36}$/,
    );
    expect(await page.getByLabel("Message").inputValue()).toBe("[error 3040]");
    expect(await page.locator("#announcer").innerText()).toContain("Error: Workers AI has no capacity left");
  });

  test("of a stream that breaks off leaves what had come", async () => {
    const page = await open();
    await say(page, "[error midstream]");
    expect(await page.getByRole("region", { name: "Error" }).innerText()).toMatch(
      /The answer broke off before its end\.|The stream ended without saying how\./,
    );
  });

  test("in a JSON field is told beside it, before anything is sent", async () => {
    const page = await open();
    await page.getByText("Tools", { exact: true }).click();
    const tools = page.getByLabel("Tools, a JSON array");
    await tools.fill("{}");
    await page.getByLabel("Message").fill("Hello");
    expect(await page.locator("#tools-error").innerText()).toBe("Tools are a JSON array: [ … ].");
    await page.getByRole("button", { name: "Send" }).click();
    expect(await tools.getAttribute("aria-invalid")).toBe("true");
    expect(await tools.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(await page.locator(".turn").count()).toBe(0);
    await tools.fill("[]");
    expect(await page.locator("#tools-error").innerText()).toBe("");
    await say(page, "Hello");
    expect(await page.locator(".text").count()).toBe(1);
  });
});

describe("the raw views", () => {
  test("list every event as it came, and copy them", async () => {
    const page = await open();
    await say(page, "Hello");
    await page.getByRole("tab", { name: "Events" }).click();
    expect(await page.locator("#events-head").innerText()).toMatch(
      /^200 text\/event-stream in \d+ ms\s*[^]*x-request-id: /,
    );
    await page.locator("#events").getByRole("button", { name: "Copy" }).click();
    await page.locator("#events").getByRole("button", { name: "Copied" }).waitFor();
    const raw = await page.evaluate(() => navigator.clipboard.readText());
    const events = raw.split("\n\n").filter((frame) => frame !== "");
    expect(events[0]).toMatch(/^event: response\.created\ndata: \{/);
    expect(await page.locator("#event-list li").count()).toBe(events.length);
    const numbers = events.map((frame) => JSON.parse(frame.slice(frame.indexOf("data: ") + 6)).sequence_number);
    expect(numbers).toEqual(events.map((_event, index) => index));
  });

  test("write the request as curl, JavaScript, Python and Codex config, and copy it", async () => {
    const page = await open();
    await page.getByLabel("Message").fill('It\'s "quoted"');
    await page.getByRole("tab", { name: "Code" }).click();
    const panel = page.getByRole("tabpanel", { name: "Code" });
    expect(await panel.locator("#snippet").innerText()).toContain(`"input": "It'\\''s \\"quoted\\""`);
    for (const [language, first] of [
      ["javascript", 'import OpenAI from "openai";'],
      ["python", "from openai import OpenAI"],
      ["codex", "# ~/.codex/config.toml"],
      ["curl", `curl -N '${dev.url}/openai/v1/responses' \\`],
    ] as const) {
      await panel.getByLabel("Language").selectOption(language);
      expect((await panel.locator("#snippet").innerText()).split("\n")[0]).toBe(first);
    }
    await panel.getByRole("button", { name: "Copy" }).click();
    await panel.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      await page.locator("#snippet").evaluate((code) => code.textContent),
    );
  });

  test("write a request that runs before anything is written", async () => {
    const page = await open();
    await page.getByRole("tab", { name: "Code" }).click();
    const { stdout } = await run("bash", ["-c", await page.locator("#snippet").innerText()]);
    expect(stdout).toMatch(
      /^event: response\.created\ndata: \{[^]*event: response\.completed\ndata: \{[^]*“Say hello\.”/,
    );
    expect(await page.locator("#code-note").innerText()).toBe("The request as it would be sent now.");
  });

  test("speak of the request last sent once the message is empty", async () => {
    const page = await open();
    await say(page, "Sent before");
    await page.getByRole("tab", { name: "Code" }).click();
    expect(await page.locator("#snippet").innerText()).toContain('"input": "Sent before"');
    expect(await page.locator("#code-note").innerText()).toBe("The request last sent.");
  });
});

describe("for everybody", () => {
  test("works by keyboard alone", async () => {
    const page = await open();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("input");
    await page.keyboard.type("Hello");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("again");
    const body = nextBody(page);
    await page.keyboard.press("Enter");
    expect(await body).toMatchObject({ input: "Hello\nagain" });
    await settled(page);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("input");

    await page.getByRole("tab", { name: "Conversation" }).focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("tab-events");
    expect(await page.getByRole("tabpanel").getAttribute("id")).toBe("events");
    await page.keyboard.press("End");
    expect(await page.getByRole("tabpanel").getAttribute("id")).toBe("code");
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("tabpanel").getAttribute("id")).toBe("talk");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("talk");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.getByText('User says: "Hello\nagain".').isVisible()).toBe(true);
  });

  test("announces the answer once, not token by token", async () => {
    const page = await open();
    await page.evaluate(() => {
      const said: string[] = [];
      Object.assign(window, { said });
      new MutationObserver(() => said.push(document.querySelector("#announcer")?.textContent ?? "")).observe(
        document.querySelector("#announcer") ?? document,
        { childList: true },
      );
    });
    await say(page, "Hello");
    const said = await page.evaluate(() => (window as unknown as { said: string[] }).said);
    expect(said).toEqual(["Waiting for the answer.", expect.stringMatching(/^Answer: [^]*“Hello”/)]);
    expect(await page.locator("[aria-live], [role=log], [role=alert]").count()).toBe(0);
  });

  test.each([
    { name: "a wide light window", options: { viewport: { width: 1280, height: 800 }, colorScheme: "light" } },
    { name: "a wide dark window", options: { viewport: { width: 1280, height: 800 }, colorScheme: "dark" } },
    { name: "a dark phone", options: { viewport: { width: 360, height: 640 }, colorScheme: "dark", hasTouch: true } },
    { name: "half a phone", options: { viewport: { width: 320, height: 480 }, colorScheme: "light" } },
  ] as const)("has no barrier and no sideways scrolling in $name", async ({ options }) => {
    const page = await open(options);
    const { viewport, colorScheme } = options;
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Call a tool" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await settled(page);
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole("button", { name: "New conversation" }).click();
    await say(page, "[error 3036]");
    for (const view of ["Conversation", "Events", "Code"]) {
      await page.getByRole("tab", { name: view }).click();
      expect(await findBarriers(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
    }
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(background).toBe(colorScheme === "dark" ? "rgb(20, 21, 22)" : "rgb(246, 246, 244)");
  });

  test("hides the settings in a fold on a phone, and keeps the message in reach", async () => {
    const page = await open({ viewport: { width: 360, height: 640 } });
    expect(await page.getByLabel("Instructions").isVisible()).toBe(false);
    await page.getByText("Settings", { exact: true }).click();
    expect(await page.getByLabel("Instructions").isVisible()).toBe(true);
    await say(page, "Hello");
    expect(await page.getByLabel("Instructions").isVisible()).toBe(false);
    await say(page, "Hello again");
    expect(await page.getByLabel("Message").evaluate((field) => field.getBoundingClientRect().bottom)).toBeLessThan(
      640,
    );
  });

  test("shows on a phone what became of the message, above the composer", async () => {
    const page = await open({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
    const top = () => page.locator(".composer").evaluate((composer) => composer.getBoundingClientRect().top);
    const bottomOf = (selector: string) =>
      page
        .locator(selector)
        .last()
        .evaluate((node) => node.getBoundingClientRect().bottom);
    for (const message of ["Hello", "Hello again", "And again"]) await say(page, message);
    expect(await bottomOf(".turn .facts")).toBeLessThanOrEqual(await top());
    await say(page, "[error 3040]");
    expect(await bottomOf(".problem")).toBeLessThanOrEqual(await top());
    // There is no Enter key to speak of.
    await page.getByRole("button", { name: "New conversation" }).click();
    expect(await page.locator("#hint").innerText()).toBe("");
    expect(await page.getByLabel("Message").getAttribute("enterkeyhint")).toBe("send");
  });

  test("does not move for those who asked for that", async () => {
    const page = await open({ reducedMotion: "reduce" });
    await page.getByLabel("Message").fill("[hang]");
    await page.getByRole("button", { name: "Send" }).click();
    const caret = page.locator(".answer");
    await caret.waitFor();
    expect(await caret.evaluate((node) => getComputedStyle(node, "::after").animationName)).toBe("none");
  });

  test("does not shift its layout, neither while it loads nor while the answer grows", async () => {
    const page = await open();
    const shift = () =>
      page.evaluate(async () => {
        const entries = await new Promise<PerformanceEntryList>((resolve) => {
          new PerformanceObserver((list) => resolve(list.getEntries())).observe({
            type: "layout-shift",
            buffered: true,
          });
          setTimeout(() => resolve([]), 500);
        });
        return entries.reduce((sum, entry) => sum + (entry as unknown as { value: number }).value, 0);
      });
    expect(await shift()).toBeLessThan(0.002);
    await say(page, "Hello");
    expect(await shift()).toBeLessThan(0.05);
  });
});

test("the whole page is under 60 KB on the wire, and a key stays in the tab", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(`${dev.url}/`, { waitUntil: "networkidle" });
  console.log(`page: ${bytes} bytes on the wire, headers included`);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(60_000);

  await page.getByLabel("Key").fill("key-0123456789abcdef");
  const stored = await page.evaluate(() => [
    Object.fromEntries(Object.entries(sessionStorage)),
    localStorage.length,
    document.cookie,
  ]);
  expect(stored).toEqual([{ "responses-api-key": "key-0123456789abcdef" }, 0, ""]);
  await page.reload();
  expect(await page.getByLabel("Key").inputValue()).toBe("key-0123456789abcdef");
  const other = await context.newPage();
  await other.goto(`${dev.url}/`);
  expect(await other.getByLabel("Key").inputValue()).toBe("");
  await context.close();
});
