import { readFile } from "node:fs/promises";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Chromium without a window, and without any traffic of its own. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--headless",
      "--disable-gpu",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/** A page in a profile of its own, and what it did that it should not. */
export interface WatchedPage {
  page: Page;
  /** Requests to any other origin, which are let through. */
  foreignRequests: string[];
  /** Errors, and violations of the page's policy, in the page's own words. */
  problems: string[];
}

/** Opens `url` in a fresh profile and watches it from its first byte. A failed API call is no problem of the page's. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  const foreignRequests: string[] = [];
  const problems: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) foreignRequests.push(request.url());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    const isFailedCall =
      message.text().startsWith("Failed to load resource") && message.location().url.includes("/v1/");
    if ((message.type() === "error" || message.type() === "warning") && !isFailedCall) problems.push(message.text());
  });
  await page.goto(url);
  return { page, foreignRequests, problems };
}

const axeSource = readFile(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** What axe-core finds wrong in the page as it is: rule and element. */
export async function findBarriers(page: Page): Promise<string[]> {
  // Through the debugger, which the page's policy does not bind.
  await page.evaluate(await axeSource);
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  });
}
