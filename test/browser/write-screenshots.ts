/** `npm run screenshots`: writes the pictures of the README to `docs/`, from the local server. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { projectRoot } from "../support/project-paths.ts";
import { startDev } from "../support/start-dev.ts";
import { openBrowser } from "./open-browser.ts";

interface Picture {
  options: BrowserContextOptions;
  path: string;
  prepare: (page: Page) => Promise<void>;
}

const wide = { viewport: { width: 1280, height: 800 } };

const pictures: Record<string, Picture> = {
  "console-light": { options: { ...wide, colorScheme: "light" }, path: "/", prepare: callTool },
  "console-dark": { options: { ...wide, colorScheme: "dark" }, path: "/", prepare: callTool },
  "console-events": {
    options: { ...wide, colorScheme: "light" },
    path: "/",
    prepare: async (page) => {
      await callTool(page);
      await page.getByRole("tab", { name: "Events" }).click();
    },
  },
  "console-phone": {
    options: { viewport: { width: 390, height: 760 }, deviceScaleFactor: 2, colorScheme: "light", isMobile: true },
    path: "/",
    prepare: async (page) => {
      await page.getByRole("button", { name: "Say hello" }).click();
      await send(page);
    },
  },
  reference: {
    options: { ...wide, colorScheme: "light" },
    path: "/reference",
    prepare: (page) => page.locator(".opblock").first().waitFor(),
  },
};

async function send(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await page.getByRole("button", { name: "Send" }).waitFor();
}

async function callTool(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Call a tool" }).click();
  await send(page);
  await page.getByText("Reasoning", { exact: true }).click();
  await page.getByLabel("Result").fill('{"temperature": 18, "sky": "clear"}');
  await send(page);
  await page.locator("#talk").evaluate((panel) => (panel.scrollTop = 0));
}

const dev = await startDev({ vars: { MODE: "compat" } });
const browser = await openBrowser();
try {
  await mkdir(join(projectRoot, "docs"), { recursive: true });
  for (const [name, { options, path, prepare }] of Object.entries(pictures)) {
    const page = await (await browser.newContext({ ...options, reducedMotion: "reduce" })).newPage();
    await page.goto(`${dev.url}${path}`);
    await prepare(page);
    await page.screenshot({ path: join(projectRoot, "docs", `${name}.png`) });
  }
} finally {
  await browser.close();
  await dev.stop();
}
