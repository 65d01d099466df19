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
  // Below a test's own limit, so that a failure names what was waited for.
  page.setDefaultTimeout(12_000);
  const foreignRequests: string[] = [];
  const problems: string[] = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && origin !== new URL(url).origin) foreignRequests.push(request.url());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    const isFailedCall =
      (message.text().startsWith("Failed to load resource") && /\/(?:v1|admin)\//.test(message.location().url)) ||
      /^WebSocket connection to '\S+\/v1\/responses' failed: /.test(message.text());
    if ((message.type() === "error" || message.type() === "warning") && !isFailedCall) problems.push(message.text());
  });
  await page.addInitScript(watchPaint);
  await page.goto(url);
  return { page, foreignRequests, problems };
}

interface Paint {
  /** Durations in milliseconds of tasks that kept the page busy for more than 50 ms. */
  longTasks: number[];
  /** The sum of all shifts, those included that Chromium blames on the user. */
  shift: number;
  /** What moved, for the message of a test that fails. */
  moved: string[];
  firstPaint: number;
}

/** Runs in the page before all else: notes long tasks and layout shifts. */
export function watchPaint(): void {
  const paint = { longTasks: [] as number[], shift: 0, moved: [] as string[], firstPaint: 0 };
  Object.assign(window, { paint });
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- the page gets the function around it alone
  const watch = (type: string, take: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch("longtask", ({ duration }) => paint.longTasks.push(duration));
  watch("paint", ({ name, startTime }) => {
    if (name === "first-contentful-paint") paint.firstPaint = startTime;
  });
  watch("layout-shift", (entry) => {
    const { value, sources } = entry as unknown as { value: number; sources: { node: Node | null }[] };
    paint.shift += value;
    for (const { node } of sources) {
      const element = node instanceof Element ? node : node?.parentElement;
      paint.moved.push(`${node?.nodeName} in ${element?.outerHTML.slice(0, 150)}`);
    }
  });
}

export function readPaint(page: Page): Promise<Paint> {
  return page.evaluate(() => (window as unknown as { paint: Paint }).paint);
}

/** Makes the page's processor this many times slower. */
export async function slowDown(page: Page, rate: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate });
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
