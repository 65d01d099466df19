/** `npm run screenshots`: writes the pictures of the README and the docs to `docs/`, from the local server. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { projectRoot } from "../support/project-paths.ts";
import { startDev } from "../support/start-dev.ts";
import { openBrowser } from "./open-browser.ts";
import { approvalOutput, imageOutput, searchOutput, writeOverview } from "./samples.ts";
import { startScriptedApi } from "./scripted-api.ts";
import { isReady, say, settled } from "./use-console.ts";
import { writeEvents } from "./write-events.ts";

interface Picture {
  options: BrowserContextOptions;
  path?: string;
  prepare: (page: Page) => Promise<void>;
}

const light = { viewport: { width: 1360, height: 850 }, colorScheme: "light" } as const;
const dark = { ...light, colorScheme: "dark" } as const;
const phone = { viewport: { width: 390, height: 800 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true } as const;
const adminKey = "admin-key-for-the-picture-0123456789";

/** Answered by the local stand-in. */
const local: Record<string, Picture> = {
  "console-light": { options: light, prepare: explain },
  "console-dark": { options: dark, prepare: explain },
  "console-phone": { options: { ...phone, colorScheme: "light" }, prepare: explain },
  "console-reasoning": {
    options: dark,
    prepare: async (page) => {
      await sendExample(page, "Think harder");
      await page.getByRole("button", { name: /^Thought/ }).click();
    },
  },
  "console-structured": {
    options: light,
    prepare: async (page) => {
      await sendExample(page, "Answer as JSON");
      await page.getByText("Fits the schema").waitFor();
      await openPanel(page, "Settings");
      await page.getByLabel("JSON Schema", { exact: true }).scrollIntoViewIfNeeded();
    },
  },
  "console-inspector": {
    options: light,
    prepare: async (page) => {
      await sendExample(page, "Call a tool");
      await page.getByLabel("temperature").fill("18");
      await page.getByLabel("sky").selectOption("clear");
      await page.getByRole("button", { name: "Send result" }).click();
      await settled(page);
      await openPanel(page, "Inspector");
      await page.locator(".event-row", { hasText: "output_text.delta" }).first().click();
    },
  },
  reference: {
    options: light,
    path: "/reference",
    prepare: (page) => page.locator(".operation .hljs-string").first().waitFor(),
  },
};

/** Answered by a script: what the local stand-in can't be made to do. */
const scripted: Record<string, Picture> = {
  "console-search": {
    options: light,
    prepare: async (page) => {
      await page.getByRole("button", { name: "Search", exact: true }).click();
      await say(page, "What do Durable Objects cost?");
      await page.locator(".hosted summary").first().click();
    },
  },
  "console-approval": {
    options: dark,
    prepare: (page) => say(page, "Open an issue: our clients retry in step after an outage."),
  },
  "console-image": {
    options: light,
    prepare: async (page) => {
      await page.getByRole("button", { name: "Images" }).click();
      await say(page, "Draw dunes under a low sun, in flat colours.");
    },
  },
  "console-overview": {
    options: { ...light, viewport: { width: 1360, height: 1130 } },
    prepare: async (page) => {
      await page.evaluate((key) => sessionStorage.setItem("console.admin-key", key), adminKey);
      await page.evaluate(() => (location.hash = "#/overview"));
      await page.reload();
      await page.locator(".chart .day").first().waitFor();
    },
  },
};

async function sendExample(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name }).click();
  await page.keyboard.press("Enter");
  await settled(page);
}

async function explain(page: Page): Promise<void> {
  await sendExample(page, "Explain with code");
  await page.locator(".message .hljs-keyword").first().waitFor();
  await page.locator(".scroller").evaluate((scroller) => (scroller.scrollTop = 0));
}

async function openPanel(page: Page, name: string): Promise<void> {
  await page.locator(".topbar").getByRole("button", { name, exact: true }).click();
  await page.locator(".panel h2").waitFor();
}

const dev = await startDev();
const api = await startScriptedApi(dev.url);
let answers = 0;
const outputs = [searchOutput, approvalOutput, imageOutput];
api.on("POST /openai/v1/responses", ({ body }) => {
  const question = JSON.stringify(body["input"]);
  const output = outputs[question.includes("cost") ? 0 : question.includes("issue") ? 1 : 2] ?? [];
  return { events: writeEvents(`resp_${++answers}`, output), everyMs: 25 };
});
api.on("GET /admin/overview", { json: writeOverview(new Date()) });

const browser = await openBrowser();
try {
  await mkdir(join(projectRoot, "docs"), { recursive: true });
  const all = [
    ...Object.entries(local).map(([name, picture]) => ({ name, picture, url: dev.url })),
    ...Object.entries(scripted).map(([name, picture]) => ({ name, picture, url: api.url })),
  ];
  for (const { name, picture, url } of all) {
    const context = await browser.newContext({ ...picture.options, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(`${url}${picture.path ?? "/"}`);
    if (picture.path === undefined) await isReady(page);
    await picture.prepare(page);
    // No pointer over anything, and the last of what is loaded on demand drawn.
    await page.mouse.move(700, 5);
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(projectRoot, "docs", `${name}.png`) });
    await context.close();
  }
} finally {
  await browser.close();
  await api.stop();
  await dev.stop();
}
