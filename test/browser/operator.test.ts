import type { Page, WebSocket } from "playwright-core";
import { describe, expect, test } from "vitest";
import { findBarriers } from "./open-browser.ts";
import { writeOverview } from "./samples.ts";
import { setUpConsole } from "./set-up-console.ts";
import { messageBox, openPanel, say, startChat } from "./use-console.ts";

/** Keys, budgets and figures: a Worker that asks for a key, and the operator's overview of all of them. */
const key = "browser-key-0123456789";
const otherKey = "another-browser-key-0123456789";
const adminKey = "browser-admin-key-0123456789-0123456789";
const site = setUpConsole({
  isScripted: true,
  vars: { AUTH: "keys", API_KEYS: `tester:${key},other:${otherKey}`, ADMIN_KEY: adminKey },
});
const openWorker = () => site.open({}, site.dev.url);

/** Enters a key in the dialog for it, which a button of the page opens. */
async function enterKey(page: Page, button: string, text: string): Promise<void> {
  await page.getByRole("button", { name: button }).click();
  await page.getByLabel("API key").fill(text);
  await page.getByRole("button", { name: "Save" }).click();
}

describe("a WebSocket", () => {
  test("is opened with the key of the tab, and does not outlive it", async () => {
    const page = await openWorker();
    const sockets: WebSocket[] = [];
    page.on("websocket", (socket) => sockets.push(socket));
    await enterKey(page, "Enter your key", key);
    const settings = await openPanel(page, "Settings");
    await settings.getByRole("switch", { name: "WebSocket" }).click();
    await say(page, "Hello");
    await page.locator(".message", { hasText: "“Hello”" }).waitFor();
    expect(sockets.map((socket) => socket.isClosed())).toEqual([false]);
    const closed = sockets[0]?.waitForEvent("close");
    await enterKey(page, "Keys", otherKey);
    await closed;
    await startChat(page);
    await say(page, "Hello again");
    await page.locator(".message", { hasText: "“Hello again”" }).waitFor();
    expect(sockets.map((socket) => socket.isClosed())).toEqual([true, false]);
  });

  test("of a wrong key is refused with what is wrong", async () => {
    const page = await openWorker();
    await enterKey(page, "Enter your key", "wrong-key-0123456789");
    const settings = await openPanel(page, "Settings");
    await settings.getByRole("switch", { name: "WebSocket" }).click();
    await say(page, "Hello");
    expect(await page.getByRole("region", { name: "Error" }).innerText()).toMatch(/^This key is not valid/);
  });

  test("can't have a key with a character that no subprotocol has, and says so", async () => {
    const page = await openWorker();
    await enterKey(page, "Enter your key", "a/key=with-others");
    const settings = await openPanel(page, "Settings");
    await settings.getByRole("switch", { name: "WebSocket" }).click();
    await say(page, "Hello");
    expect(await page.getByRole("region", { name: "Error" }).innerText()).toMatch(
      /^This key does not work over a WebSocket/,
    );
  });
});

describe("a Worker with keys", () => {
  test("asks for one, and takes the message up again", async () => {
    const page = await openWorker();
    await page.getByText("This Worker asks for a key.").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await say(page, "Hello");
    const card = page.getByRole("region", { name: "Error" });
    expect(await card.innerText()).toMatch(/^This Worker asks for a key\s+Enter the key that its operator gave you\./);
    await card.getByRole("button", { name: "Enter a key" }).click();
    const dialog = page.getByRole("dialog", { name: "Keys" });
    expect(await dialog.getByLabel("API key").evaluate((field) => field === document.activeElement)).toBe(true);
    await page.keyboard.type(key);
    await page.keyboard.press("Enter");
    await card.getByRole("button", { name: "Try again" }).click();
    await page.locator(".message", { hasText: "“Hello”" }).waitFor();
  });

  test("says that a key is wrong, and no snippet has it", async () => {
    const page = await openWorker();
    await page.getByRole("button", { name: "Enter your key" }).click();
    await page.getByLabel("API key").fill("wrong-key-0123456789");
    await page.getByRole("button", { name: "Save" }).click();
    expect(await messageBox(page).evaluate((field) => field === document.activeElement)).toBe(true);
    await say(page, "Hello");
    expect(await page.getByRole("region", { name: "Error" }).innerText()).toMatch(/^This key is not valid/);
    await page.keyboard.press("Control+i");
    await page.getByRole("tab", { name: "Code" }).click();
    for (const language of ["curl", "JavaScript", "Python", "Codex"]) {
      await page.getByRole("radio", { name: language }).check({ force: true });
      const snippet = await page.getByRole("tabpanel").locator("pre").innerText();
      expect(snippet).toContain("RESPONSES_API_KEY");
      expect(snippet).not.toContain("wrong-key");
    }
  });

  test("shows a user what his own key has used", async () => {
    const page = await openWorker();
    await page.getByRole("button", { name: "Enter your key" }).click();
    await page.getByLabel("API key").fill(key);
    await page.getByRole("button", { name: "Save" }).click();
    await say(page, "Hello");
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("heading", { name: "Your usage" }).waitFor();
    expect(await page.locator(".tile", { hasText: "Requests" }).innerText()).toMatch(/^Requests\s+[1-9]\d*$/);
    expect(await page.locator(".chart .day rect").count()).toBeGreaterThan(0);
    expect(await page.getByRole("region", { name: "Keys", exact: true }).count()).toBe(0);
  });
});

async function openOverview(): Promise<Page> {
  site.api.on("GET /admin/overview", ({ authorization }) =>
    authorization === "Bearer admin-key-0123456789"
      ? { json: writeOverview(new Date()) }
      : {
          status: 401,
          json: { error: { message: "Wrong.", type: "authentication_error", param: "", code: "invalid_admin_key" } },
        },
  );
  const page = await site.open();
  await page.getByRole("button", { name: "Keys" }).click();
  await page.getByLabel("Admin key").fill("admin-key-0123456789");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("region", { name: "Keys", exact: true }).waitFor();
  return page;
}

describe("the overview", () => {
  test("shows keys with budgets as bars, thirty days by model and key, errors and latency", async () => {
    const page = await openOverview();
    expect(await page.locator(".tile dt").allInnerTexts()).toEqual([
      "Requests",
      "Tokens",
      "Cost",
      "Failed",
      "First byte, median",
      "First byte, 95 %",
    ]);
    expect(await page.locator(".tile", { hasText: "First byte, median" }).innerText()).toMatch(/312 ms$/);
    expect(await page.locator(".chart .day").count()).toBe(30);
    expect(await page.locator(".legend").allInnerTexts()).toEqual([
      expect.stringMatching(/^gpt-oss-120b/),
      expect.stringMatching(/^gpt-oss-20b/),
      expect.stringMatching(/^gemma-4-26b-a4b-it/),
    ]);
    await page.getByRole("radio", { name: "Key" }).check({ force: true });
    expect(await page.locator(".legend").first().innerText()).toMatch(/^web-app/);
    await page.getByRole("radio", { name: "Cost" }).check({ force: true });
    expect(await page.locator(".legend").first().innerText()).toMatch(/^web-app \$0\.\d+$/);
    const chart = page.getByRole("slider", { name: "cost by day" });
    const last = await chart.getAttribute("aria-valuetext");
    await chart.focus();
    await page.keyboard.press("ArrowLeft");
    expect(await chart.getAttribute("aria-valuetext")).not.toBe(last);
    const meter = page.getByRole("meter", { name: "Today's budget of web-app" });
    expect(await meter.getAttribute("aria-valuenow")).toBe("82");
    expect(await page.getByRole("region", { name: "Errors" }).locator("dt").allInnerTexts()).toEqual([
      "rate limit exceeded",
      "out of capacity",
      "invalid api key",
      "context length exceeded",
    ]);
    expect(await page.getByRole("row", { name: /^ci/ }).getByRole("button").count()).toBe(0);
    expect(await findBarriers(page)).toEqual([]);
  });

  test("makes a key, and shows it once", async () => {
    const page = await openOverview();
    site.api.on("POST /admin/keys", {
      status: 201,
      json: { id: "key_new", name: "mobile", key: "sk-shown-once-0123456789" },
    });
    await page.getByRole("button", { name: "New key" }).click();
    const dialog = page.getByRole("dialog", { name: "New key" });
    await dialog.getByLabel("Name").fill("mobile");
    await dialog.getByLabel("Expires on").fill("2027-03-01");
    await dialog.getByLabel("Requests a minute").fill("60");
    await dialog.getByLabel("US dollars a month").fill("12.5");
    expect(await findBarriers(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Make the key" }).click();
    const shown = page.getByRole("dialog", { name: "The key of mobile" });
    expect(await shown.locator("code").innerText()).toBe("sk-shown-once-0123456789");
    await shown.getByRole("button", { name: "Copy the key" }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("sk-shown-once-0123456789");
    await shown.getByRole("button", { name: "Done" }).click();
    expect(await page.content()).not.toContain("sk-shown-once");
    const made = site.api.calls.find(({ method, path }) => method === "POST" && path === "/admin/keys");
    expect(made?.authorization).toBe("Bearer admin-key-0123456789");
    expect(made?.body).toEqual({
      name: "mobile",
      expires_at: Date.UTC(2027, 2, 1, 23, 59, 59) / 1000,
      requests_per_minute: 60,
      budget: { monthly_usd: 12.5 },
    });
  });

  test("changes a key, gives it a new secret, and revokes it after a question", async () => {
    const page = await openOverview();
    site.api.on("PATCH /admin/keys/key_web", { json: { id: "key_web", name: "web-app" } });
    site.api.on("POST /admin/keys/key_web/rotate", { json: { id: "key_web", name: "web-app", key: "sk-new-secret" } });
    site.api.on("DELETE /admin/keys/key_web", { json: { id: "key_web", deleted: true } });
    await page.getByRole("button", { name: "Change web-app" }).click();
    const dialog = page.getByRole("dialog", { name: "Change web-app" });
    expect(await dialog.getByLabel("Tokens a day").inputValue()).toBe("500000");
    await dialog.getByLabel("Tokens a day").fill("");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Replace the secret of web-app" }).click();
    await page.getByRole("button", { name: "Replace", exact: true }).click();
    await page.getByRole("dialog").getByText("sk-new-secret").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Revoke web-app" }).click();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const calls = site.api.calls.filter(({ path }) => path.startsWith("/admin/keys"));
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "PATCH /admin/keys/key_web",
      "POST /admin/keys/key_web/rotate",
      "DELETE /admin/keys/key_web",
    ]);
    expect(calls[0]?.body).toMatchObject({ budget: { daily_tokens: null, monthly_usd: 20 } });
  });

  test("says that the admin key is wrong", async () => {
    const page = await openOverview();
    await page.getByRole("button", { name: /^Keys/ }).click();
    await page.getByLabel("Admin key").fill("another-key-0123456789");
    await page.getByRole("button", { name: "Save" }).click();
    const error = page.getByRole("region", { name: "Error" }).filter({ hasText: "Wrong." });
    await error.waitFor();
    expect(await error.innerText()).toMatch(/^This didn't work\s+Wrong\./);
  });
});

test(
  "a key that the overview made is used, limited and revoked, with the real Worker",
  { timeout: 60_000 },
  async () => {
    const page = await openWorker();
    await page.getByRole("button", { name: /^Keys/ }).click();
    await page.getByLabel("Admin key").fill(adminKey);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("button", { name: "New key" }).click();
    const dialog = page.getByRole("dialog", { name: "New key" });
    await dialog.getByLabel("Name").fill("mobile");
    await dialog.getByLabel("Tokens a day").fill("100000");
    await dialog.getByLabel("gpt-oss-20b").check();
    await dialog.getByRole("button", { name: "Make the key" }).click();
    const made = await page.getByRole("dialog", { name: "The key of mobile" }).locator("code").innerText();
    expect(made).toMatch(/^sk-/);
    await page.getByRole("button", { name: "Done" }).click();
    const row = page.getByRole("row", { name: /^mobile/ });
    expect(await row.innerText()).toMatch(/of 100K[^]*gpt-oss-20b/);

    await page.getByRole("button", { name: "Change mobile" }).click();
    const change = page.getByRole("dialog", { name: "Change mobile" });
    expect(await change.getByLabel("Tokens a day").inputValue()).toBe("100000");
    await change.getByLabel("Tokens a day").fill("");
    await change.getByLabel("Requests a minute").fill("30");
    await change.getByRole("button", { name: "Save" }).click();
    await row.getByText("30 a minute").waitFor();
    expect(await row.innerText()).not.toContain("of 100K");

    await page.getByRole("button", { name: /^Keys/ }).click();
    await page.getByLabel("API key").fill(made);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "New chat" }).click();
    await say(page, "Hello");
    expect(await page.locator(".message").innerText()).toContain("“Hello”");

    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("button", { name: "Revoke mobile" }).click();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await row.waitFor({ state: "detached" });
  },
);
