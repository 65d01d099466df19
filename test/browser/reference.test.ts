import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { routes } from "../../tools/openapi/routes.ts";
import { type DevServer, startDev } from "../support/start-dev.ts";
import { openBrowser, openPage } from "./open-browser.ts";

let dev: DevServer;
let browser: Browser;

beforeAll(async () => {
  [dev, browser] = await Promise.all([startDev(), openBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await dev?.stop();
});

test.each(["light", "dark"] as const)("the API reference shows every route, by itself, %s", async (colorScheme) => {
  const { page, foreignRequests, problems } = await openPage(browser, `${dev.url}/reference`, { colorScheme });
  await page.locator(".opblock").first().waitFor();
  expect(await page.locator(".opblock").count()).toBe(routes.length);
  expect(await page.locator("html").evaluate((root) => root.classList.contains("dark-mode"))).toBe(
    colorScheme === "dark",
  );
  await page.locator("#operations-Responses-createResponse").click();
  await page.getByText("Has the model answer.").waitFor();
  await page.waitForLoadState("networkidle");
  expect(foreignRequests).toEqual([]);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("the API reference can call the Worker", async () => {
  const { page, problems } = await openPage(browser, `${dev.url}/reference#/Operations/reportHealth`);
  await page.getByRole("button", { name: "Try it out" }).click();
  await page.getByRole("button", { name: "Execute" }).click();
  await page.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});
