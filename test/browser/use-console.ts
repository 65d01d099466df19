import type { Locator, Page } from "playwright-core";

/** What a person does with the console, for the tests. */

export function messageBox(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message", exact: true });
}

/** Waits until the console has asked the Worker what it is. */
export async function isReady(page: Page): Promise<void> {
  await page.locator(".version", { hasText: "Version" }).waitFor({ state: "attached" });
}

export async function send(page: Page, message: string): Promise<void> {
  await messageBox(page).fill(message);
  await page.getByRole("button", { name: "Send", exact: true }).click();
}

/** Waits until no answer is under way. */
export async function settled(page: Page): Promise<void> {
  await page.locator(".turn").first().waitFor();
  const live = page.locator(".turn[data-state=waiting], .turn[data-state=streaming]");
  while ((await live.count()) > 0) await live.first().waitFor({ state: "detached" });
}

/** Sends a message and waits until its answer is there, whole or not. */
export async function say(page: Page, message: string): Promise<void> {
  await send(page, message);
  await settled(page);
}

/** The body of the create request that the page sends next. */
export async function nextBody(page: Page): Promise<Record<string, unknown>> {
  const request = await page.waitForRequest((sent) => sent.method() === "POST" && sent.url().endsWith("/responses"));
  return request.postDataJSON();
}

export function lastTurn(page: Page): Locator {
  return page.locator(".turn").last();
}

export async function openPanel(page: Page, name: "Settings" | "Inspector"): Promise<Locator> {
  const panel = page.getByRole("complementary", { name });
  if (!(await panel.isVisible())) await page.locator(".topbar").getByRole("button", { name, exact: true }).click();
  await panel.waitFor();
  return panel;
}

export async function startChat(page: Page): Promise<void> {
  await page.getByRole("link", { name: "New chat" }).click();
}
