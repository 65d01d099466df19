import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type DevServer, startDev } from "../support/start-dev.ts";
import { openBrowser, openPage, type WatchedPage } from "./open-browser.ts";
import { type ScriptedApi, startScriptedApi } from "./scripted-api.ts";
import { isReady } from "./use-console.ts";

/** What the tests of a file share. It is there once they run: read it inside a test, not beside it. */
interface Site {
  /** The local Worker with the stand-in model. */
  readonly dev: DevServer;
  /** The same pages in front of an API that says what a test tells it to; without rules before each test. */
  readonly api: ScriptedApi;
  readonly browser: Browser;
  /** The page that the test has opened. */
  readonly watched: WatchedPage | undefined;
  /** Opens the console in a profile of its own and waits until it knows the Worker. */
  readonly open: (options?: BrowserContextOptions, url?: string) => Promise<Page>;
}

/**
 * Starts a Worker, a scripted API and a browser for the tests of a file, and ends them. Pages are opened from the Worker,
 * or with `isScripted` from the scripted API. Whatever a test did, its page asked nobody else and broke no rule of its
 * policy.
 */
export function setUpConsole({
  isScripted = false,
  vars = {},
}: {
  isScripted?: boolean;
  /** Settings of the Worker, over those of its config. */
  vars?: Record<string, string>;
} = {}): Site {
  let dev: DevServer;
  let api: ScriptedApi;
  let browser: Browser;
  let watched: WatchedPage | undefined;

  beforeAll(async () => {
    [dev, browser] = await Promise.all([startDev({ vars }), openBrowser()]);
    api = await startScriptedApi(dev.url);
  });
  beforeEach(() => api.clear());

  afterEach(async () => {
    const left = watched;
    watched = undefined;
    await left?.page.context().close();
    expect(left?.foreignRequests ?? []).toEqual([]);
    expect(left?.problems ?? []).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await api?.stop();
    await dev?.stop();
  });

  return {
    get dev() {
      return dev;
    },
    get api() {
      return api;
    },
    get browser() {
      return browser;
    },
    get watched() {
      return watched;
    },
    open: async (options, url = isScripted ? api.url : dev.url) => {
      watched = await openPage(browser, `${url}/`, options);
      await isReady(watched.page);
      return watched.page;
    },
  };
}
