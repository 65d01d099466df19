import { expect, test } from "vitest";
import { setUpConsole } from "./set-up-console.ts";
import { openPanel, say, settled } from "./use-console.ts";

/** The tools that the Worker runs itself and the files it reads, with the real Worker and the stand-ins of `npm run dev`. */
const { open } = setUpConsole();

test("a search is run, cited with its title, and there again after a reload", async () => {
  const page = await open();
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await say(page, "search the web for how honeybees survive the winter");
  const call = page.locator(".hosted summary");
  expect(await call.innerText()).toMatch(/^Searched the web for how honeybees survive the winter\s+\d+ ms$/);
  const sources = page.getByRole("region", { name: "Sources" });
  expect(await sources.innerText()).toMatch(/^1\s+How a colony survives the winter\s+honeybees\.example$/);
  await page.reload();
  await settled(page);
  expect(await sources.innerText()).toMatch(/^1\s+How a colony survives the winter/);
  await call.click();
  expect(await page.locator(".source-list a").allInnerTexts()).toEqual([
    expect.stringMatching(/^honeybees\.example\s*\/winter$/),
    expect.stringMatching(/^honeybees\.example\s*\/waggle-dance$/),
  ]);
});

test.each([
  ["Approve", "approved", /^Called save_note on demo/],
  ["Deny", "denied", undefined],
] as const)("an MCP call waits for %s", async (button, decision, called) => {
  const page = await open();
  const settings = await openPanel(page, "Settings");
  await settings.getByRole("button", { name: "Add a server" }).click();
  await settings.getByLabel("Label").fill("demo");
  await settings.getByRole("button", { name: "Close the settings" }).click();
  await say(page, "save a note: 'buy milk'");
  const card = page.getByRole("region", { name: "Approval of save_note" });
  expect(await card.locator("pre").innerText()).toContain('"buy milk"');
  await card.getByRole("button", { name: button }).click();
  await card.locator("header .tag", { hasText: decision }).waitFor();
  await settled(page);
  const calls = page.locator(".hosted summary", { hasText: "save_note" });
  expect(await calls.allInnerTexts()).toEqual(called === undefined ? [] : [expect.stringMatching(called)]);
  await page.reload();
  await card.locator("header .tag", { hasText: decision }).waitFor();
});

test("an image is made and shown", async () => {
  const page = await open();
  await page.getByRole("button", { name: "Images" }).click();
  await say(page, "draw an image of a bee");
  const image = page.locator(".image img");
  await image.waitFor();
  expect(await image.evaluate((node) => (node instanceof HTMLImageElement ? node.naturalWidth : 0))).toBeGreaterThan(0);
});

test("a file that was attached is read", async () => {
  const page = await open();
  await page
    .getByLabel("Files")
    .setInputFiles([{ name: "prices.csv", mimeType: "text/csv", buffer: Buffer.from("fruit,price\npear,3\n") }]);
  await page.locator(".chips li").waitFor();
  await say(page, "What does it say?");
  expect(await page.locator(".message").innerText()).toMatch(/prices\.csv[^]*pear/);
  await page.reload();
  await page.locator(".user .chip", { hasText: "prices.csv" }).waitFor();
});
