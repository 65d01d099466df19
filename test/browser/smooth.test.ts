import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { readPaint, slowDown } from "./open-browser.ts";
import type { WireEvent } from "./scripted-api.ts";
import { setUpConsole } from "./set-up-console.ts";
import { openPanel, say, send, settled } from "./use-console.ts";
import { message, reasoning, response, writeEvents } from "./write-events.ts";

/** Streams at speed, and answers that mean harm: the page stays smooth, and nothing in them runs or loads. */
const site = setUpConsole({ isScripted: true });
const { open } = site;

const create = "POST /openai/v1/responses";
/** Milliseconds that no task may take. */
const longestTask = 200;

async function findLongTasks(page: Page): Promise<number[]> {
  return (await readPaint(page)).longTasks.filter((duration) => duration > longestTask);
}

const paragraph = `The retry helper waits longer after **each** failure, and adds *randomness* to spread the clients.

| Strategy | Wait | Good for |
| --- | --- | --- |
| Fixed | \`d\` | a single client |
| Jitter | \`random(0, d)\` | many clients |

\`\`\`ts
for (let attempt = 0; attempt < 5; attempt++) {
  const response = await fetch(url);
  if (response.ok) return response;
}
\`\`\`

1. Retry what can succeed later.
2. Bound the attempts, and the [total time](https://example.com/time).

`;

// Repeated where it fails: a machine that is busy with something else makes long tasks of short ones.
test(
  "an answer of 200 tokens a second, on a processor four times slower, shifts nothing and blocks nothing",
  { retry: 2 },
  async () => {
    const page = await open();
    await slowDown(page, 4);
    const events = [
      ...writeEvents(
        "resp_1",
        [reasoning("rs_1", "Think about the strategies first. ".repeat(12)), message("msg_1", paragraph.repeat(6))],
        5,
      ),
    ];
    site.api.on(create, { events, everyMs: 5 });
    await page.waitForTimeout(500);
    const before = await readPaint(page);
    await send(page, "Compare the strategies");
    await settled(page);
    const { shift, moved } = await readPaint(page);
    expect({ shift: shift - before.shift, moved: moved.slice(before.moved.length) }).toEqual({ shift: 0, moved: [] });
    expect(await findLongTasks(page)).toEqual([]);
    expect(await page.locator(".message table").count()).toBe(6);
    expect(await page.locator(".message pre").count()).toBe(6);
  },
);

describe("a hostile answer", { retry: 2 }, () => {
  test("of HTML, scripts and odd links stays text, and loads nothing", async () => {
    const text = [
      '<img src="https://evil.example/pixel.png" onerror="alert(1)">',
      "<script>alert(2)</script>",
      '<iframe srcdoc="<script>alert(3)</script>"></iframe>',
      "[run me](javascript:alert(4)) and [data](data:text/html,<script>alert(5)</script>) and [file](file:///etc/passwd)",
      "![a picture](https://evil.example/picture.png)",
      "<a href='https://evil.example' onclick='alert(6)'>click</a> <svg/onload=alert(7)>",
      "[good](https://good.example/page) <https://auto.example>",
    ].join("\n\n");
    site.api.on(create, { events: [...writeEvents("resp_1", [message("msg_1", text)])] });
    const page = await open();
    page.on("dialog", () => site.watched?.problems.push("a dialog opened"));
    await say(page, text);
    const answer = page.locator(".message");
    expect(await answer.locator("img, script, iframe, svg:not(.icon), [onclick], [onerror]").count()).toBe(0);
    expect(await answer.innerText()).toContain("<script>alert(2)</script>");
    const links = await answer.locator("a").evaluateAll((nodes) => nodes.map((node) => node.getAttribute("href")));
    expect(links).toEqual(["https://evil.example/picture.png", "https://good.example/page", "https://auto.example/"]);
    expect(await page.locator(".bubble").innerText()).toContain("<script>alert(2)</script>");
    await page.waitForTimeout(300);
  });

  test.each([
    ["a line of 1 MB", "x".repeat(1_000_000)],
    ["1 MB of emphasis", "*_`[".repeat(250_000)],
    ["a block of code of 1 MB", `\`\`\`js\n${"const a = 1;\n".repeat(80_000)}\`\`\``],
    ["20,000 paragraphs", "One more paragraph.\n\n".repeat(20_000)],
    ["a table of 20,000 rows", `| a | b |\n| - | - |\n${"| 1 | 2 |\n".repeat(20_000)}`],
    ["quotes in quotes", `${">".repeat(5000)} deep`],
    ["lists in lists", `${"+ ".repeat(4000)}deep`],
  ])("of %s blocks nothing", async (_what, text) => {
    site.api.on(create, { events: [...writeEvents("resp_1", [message("msg_1", text)], 50_000)] });
    const page = await open();
    await say(page, "Go");
    await page.waitForTimeout(1500);
    expect(await findLongTasks(page)).toEqual([]);
    expect((await page.locator(".message").innerText()).length).toBeGreaterThan(100);
    await say(page, "Go again");
    expect(await findLongTasks(page)).toEqual([]);
  });

  test("of 10,000 events blocks nothing, in the chat or the inspector", async () => {
    const events: WireEvent[] = [...writeEvents("resp_1", [message("msg_1", "word ".repeat(10_000))], 5)];
    expect(events.length).toBeGreaterThan(10_000);
    site.api.on(create, { events });
    const page = await open();
    const inspector = await openPanel(page, "Inspector");
    await say(page, "Go");
    expect(await inspector.locator(".bar .note").innerText()).toBe(`${events.length.toLocaleString("en-US")} events`);
    await inspector.getByRole("searchbox", { name: "Search the events" }).fill("completed");
    await inspector.locator(".event-row", { hasText: "completed" }).first().click();
    await inspector.getByRole("tab", { name: "Response" }).click();
    expect(await inspector.locator(".json-tree").innerText()).toContain('"resp_1"');
    expect(await findLongTasks(page)).toEqual([]);
  });

  test("of 10,000 items of 20 kinds blocks nothing", async () => {
    const items = Array.from({ length: 10_000 }, (_, index) => ({
      id: `item_${index}`,
      type: `strange_${index % 20}`,
      payload: { deep: [index] },
    }));
    site.api.on(create, { json: response("resp_1", items) });
    const page = await open();
    await say(page, "Go");
    expect(await page.locator(".hosted").count()).toBe(100);
    expect(await page.locator(".hosted").last().innerText()).toBe("strange 19");
    await page.getByRole("button", { name: "Show 9900 earlier" }).waitFor();
    expect(await findLongTasks(page)).toEqual([]);
  });

  test("that is no Response at all is an error, not a broken page", async () => {
    const page = await open();
    for (const json of [
      null,
      [],
      "text",
      { output: "no list", usage: 5, status: {} },
      { output: [null, 5, { type: 7 }] },
    ]) {
      site.api.on(create, { json });
      await say(page, "Go");
    }
    site.api.on(create, { events: [...writeEvents("resp_1", [message("msg_1", "Still here.")])] });
    await say(page, "Go");
    expect(await page.locator(".message").last().innerText()).toBe("Still here.");
  });
});
