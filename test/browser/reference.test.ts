import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { routes } from "../../tools/openapi/routes.ts";
import { type DevServer, startDev } from "../support/start-dev.ts";
import { findBarriers, openBrowser, openPage } from "./open-browser.ts";

let dev: DevServer;
let browser: Browser;

beforeAll(async () => {
  [dev, browser] = await Promise.all([startDev(), openBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await dev?.stop();
});

test.each(["light", "dark"] as const)(
  "the API reference shows every route, without a barrier, %s",
  { timeout: 60_000 },
  async (colorScheme) => {
    const { page, foreignRequests, problems } = await openPage(browser, `${dev.url}/reference`, { colorScheme });
    await page.locator(".operation").first().waitFor();
    expect(await page.locator(".operation").count()).toBe(routes.length);
    await page.locator("#createResponse summary", { hasText: /^CompatCreateRequest$/ }).click();
    await page.locator("#createResponse dt:visible", { hasText: "previous_response_id" }).first().waitFor();
    expect(await findBarriers(page)).toEqual([]);
    expect(foreignRequests).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  },
);

test("the API reference leads to an operation by its address, and calls the Worker", async () => {
  const { page, problems } = await openPage(browser, `${dev.url}/reference#reportHealth`);
  const operation = page.locator("#reportHealth");
  await operation.waitFor();
  await expect
    .poll(() => operation.evaluate((node) => Math.abs(node.getBoundingClientRect().top) < innerHeight))
    .toBe(true);
  await operation.getByText("Try it").click();
  await operation.getByRole("button", { name: "Call reportHealth" }).click();
  await operation.getByText("Status 200").waitFor();
  expect(await operation.locator(".try-it pre").innerText()).toContain('"status": "ok"');
  expect(problems).toEqual([]);
  await page.context().close();
});

test("the API reference sends a body and a parameter that were written", async () => {
  const { page, problems } = await openPage(browser, `${dev.url}/reference#retrieveModel`);
  const operation = page.locator("#retrieveModel");
  await operation.getByText("Try it").click();
  await operation.locator(".try-it").getByLabel("model", { exact: true }).fill("gpt-oss-20b");
  await operation.getByRole("button", { name: "Call retrieveModel" }).click();
  await operation.getByText("Status 200").waitFor();
  const create = page.locator("#createConversation");
  await create.getByText("Try it").click();
  await create.locator(".try-it").getByLabel("Body", { exact: true }).fill('{"metadata": {"topic": "tea"}}');
  await create.getByRole("button", { name: "Call createConversation" }).click();
  await create.getByText("Status 200").waitFor();
  expect(await create.locator(".try-it pre").innerText()).toContain('"topic": "tea"');
  expect(problems).toEqual([]);
  await page.context().close();
});
