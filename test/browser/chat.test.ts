import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { setUpConsole } from "./set-up-console.ts";
import { lastTurn, messageBox, nextBody, openPanel, say, send, settled, startChat } from "./use-console.ts";
import { message as writeMessage, writeEvents } from "./write-events.ts";

/** The console with the local model: what a person does with it, from the first message to the deleted chat. */
const site = setUpConsole();
const { open } = site;

test("a chat over a WebSocket has one connection, continues, shows its frames and can be stopped", async () => {
  const page = await open();
  const frames: string[] = [];
  let sockets = 0;
  page.on("websocket", (socket) => {
    sockets += 1;
    socket.on("framesent", ({ payload }) => frames.push(String(payload)));
  });
  const settings = await openPanel(page, "Settings");
  await settings.getByRole("switch", { name: "WebSocket" }).click();
  await say(page, "One");
  await say(page, "Two");
  expect(await page.locator(".message").allInnerTexts()).toEqual([
    expect.stringMatching(/^This is the local stand-in .* “One”\./),
    expect.stringMatching(/^This is the local stand-in .* “Two”\./),
  ]);
  expect(sockets).toBe(1);
  expect(frames.map((frame) => JSON.parse(frame))).toEqual([
    { type: "response.create", model: "@cf/openai/gpt-oss-20b", input: "One" },
    {
      type: "response.create",
      model: "@cf/openai/gpt-oss-20b",
      input: "Two",
      previous_response_id: expect.stringMatching(/^resp_/),
    },
  ]);
  const inspector = await openPanel(page, "Inspector");
  await inspector.getByText(/^\d+ events$/).waitFor();
  await inspector.getByRole("tab", { name: "Request" }).click();
  expect(await inspector.getByRole("tabpanel").innerText()).toContain("response.create");
  await send(page, "[slow] Three");
  await lastTurn(page).locator(".message", { hasText: "This" }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await settled(page);
  expect(await lastTurn(page).getAttribute("data-state")).toBe("stopped");
  await say(page, "Four");
  expect(sockets).toBe(2);
});

describe("an answer", () => {
  test("grows piece by piece, with its reasoning folded and its facts beneath", async () => {
    const page = await open();
    await page.evaluate(() => {
      const lengths = new Set<number>();
      Object.assign(window, { lengths });
      new MutationObserver(() => lengths.add(document.querySelector(".message")?.textContent?.length ?? 0)).observe(
        document.body,
        { subtree: true, childList: true, characterData: true },
      );
    });
    await say(page, "Hello there");
    expect(await page.evaluate(() => (window as unknown as { lengths: Set<number> }).lengths.size)).toBeGreaterThan(20);
    expect(await page.locator(".message").innerText()).toMatch(/^This is the local stand-in .* “Hello there”\./);

    const reasoning = page.getByRole("region", { name: "Reasoning" });
    expect(await reasoning.count()).toBe(0);
    await page.getByRole("button", { name: /^Thought/ }).click();
    expect(await reasoning.innerText()).toContain('User says: "Hello there".');

    expect(await page.locator(".facts").innerText()).toMatch(
      /^Inspect\s+gpt-oss-20b\s+\d+ tokens\s+\d+ tokens\/s\s+(?:\d+ ms|[\d.]+ s)\s+\$0\.0000\d+$/,
    );
    expect(await page.locator("#announcer").innerText()).toMatch(/^Answer: This is the local stand-in/);
  });

  test("is Markdown: a table, coloured code with a copy button, a list", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Explain with code" }).click();
    await page.keyboard.press("Enter");
    await settled(page);
    const message = page.locator(".message");
    expect(await message.locator("thead th").allInnerTexts()).toEqual([
      "Strategy",
      "Wait before attempt n",
      "Good for",
      "Weak at",
    ]);
    expect(await message.locator("ol > li").count()).toBe(3);
    expect(await message.locator("strong").first().innerText()).toBe("Start with full jitter");
    await message.locator("pre .hljs-keyword").first().waitFor();
    expect(await message.locator("figcaption > span").first().innerText()).toBe("ts");
    await message.getByRole("button", { name: "Copy code" }).click();
    await message.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^async function fetchWithRetry\(/);
  });

  test("as JSON is indented and checked against the schema", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Answer as JSON" }).click();
    const body = nextBody(page);
    await page.keyboard.press("Enter");
    expect(await body).toMatchObject({ text: { format: { type: "json_schema", name: "answer", strict: true } } });
    await settled(page);
    expect(JSON.parse((await page.locator(".message pre").textContent()) ?? "")).toMatchObject({
      name: "Lisbon",
      country: "Portugal",
    });
    await page.getByText("Fits the schema").waitFor();
  });

  test.each([
    ["the Stop button", (page: Page) => page.getByRole("button", { name: "Stop" }).click()],
    ["Escape", (page: Page) => page.keyboard.press("Escape")],
  ])("is stopped by %s, and stays as far as it came", async (_what, stop) => {
    const page = await open();
    await send(page, "[slow] Hello");
    await page.locator(".message", { hasText: "This" }).waitFor();
    await stop(page);
    await settled(page);
    expect(await lastTurn(page).getAttribute("data-state")).toBe("stopped");
    expect(await page.locator(".message").innerText()).toMatch(/^This/);
    expect(await page.locator("#announcer").innerText()).toBe("Stopped.");
    await say(page, "Go on");
    expect(await lastTurn(page).getAttribute("data-state")).toBe("done");
  });

  test("comes whole with streaming off", async () => {
    const page = await open();
    const settings = await openPanel(page, "Settings");
    await settings.getByRole("switch", { name: "Stream" }).click();
    const body = nextBody(page);
    await say(page, "Hello there");
    expect(await body).not.toHaveProperty("stream");
    expect(await page.locator(".message").innerText()).toContain("“Hello there”");
    const inspector = await openPanel(page, "Inspector");
    expect(await inspector.getByText("the answer came as one document").count()).toBe(1);
  });
});

describe("a tool call", () => {
  test("is a card with a form by the tool's schema, and goes on once it is sent", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Call a tool" }).click();
    await page.keyboard.press("Enter");
    await settled(page);
    const card = page.getByRole("region", { name: "Tool call get_weather" });
    expect(JSON.parse((await card.locator("pre").textContent()) ?? "")).toEqual({ city: "Paris", unit: "celsius" });
    const button = card.getByRole("button", { name: "Send result" });
    expect(await button.isDisabled()).toBe(true);
    await card.getByLabel("temperature").fill("18.5");
    await card.getByLabel("sky").selectOption("clear");
    const body = nextBody(page);
    await button.click();
    expect(await body).toMatchObject({
      previous_response_id: expect.stringMatching(/^resp_/),
      input: [
        { type: "function_call_output", call_id: expect.any(String), output: '{"temperature":18.5,"sky":"clear"}' },
      ],
    });
    await settled(page);
    expect(await card.locator("header .tag").innerText()).toBe("answered");
    await page.locator(".message", { hasText: '“{"temperature":18.5,"sky":"clear"}”' }).waitFor();
  });

  test("without a schema for the result takes a text, and a second call waits for its own", async () => {
    const page = await open();
    const settings = await openPanel(page, "Settings");
    for (const name of ["find_hotel", "find_flight"]) {
      await settings.getByRole("button", { name: "Add a function" }).click();
      const dialog = page.getByRole("dialog", { name: "Function" });
      await dialog
        .getByLabel("Definition")
        .fill(JSON.stringify({ name, parameters: { type: "object", properties: {} } }));
      await dialog.getByRole("button", { name: "Save" }).click();
    }
    await say(page, "Call find_hotel and find_flight");
    const first = page.getByRole("region", { name: "Tool call find_hotel" });
    const second = page.getByRole("region", { name: "Tool call find_flight" });
    await first.getByLabel("Result").fill("Hotel Luna");
    await first.getByRole("button", { name: "Keep result" }).click();
    await first.getByText("1 call still to answer.").waitFor();
    const body = nextBody(page);
    await second.getByLabel("Result").fill("LH 1234");
    await second.getByRole("button", { name: "Send result" }).click();
    const { input } = await body;
    expect((input as { output: string }[]).map(({ output }) => output).toSorted()).toEqual(["Hotel Luna", "LH 1234"]);
    await settled(page);
  });
});

describe("a chat", () => {
  test("continues by the last response, and is there again after a reload", async () => {
    const page = await open();
    await say(page, "One");
    const body = nextBody(page);
    await say(page, "Two");
    expect(await body).toMatchObject({ previous_response_id: expect.stringMatching(/^resp_/), input: "Two" });
    expect(page.url()).toMatch(/#\/chat\/resp_\w+$/);
    const before = await page.locator(".message").allInnerTexts();
    await page.reload();
    await settled(page);
    await page.locator(".bubble", { hasText: "Two" }).waitFor();
    expect(await page.locator(".bubble").allInnerTexts()).toEqual(["One", "Two"]);
    expect(await page.locator(".message").allInnerTexts()).toEqual(before);
    // What was said is nowhere but on the Worker and in the title.
    expect(await page.evaluate(() => JSON.stringify(Object.entries(localStorage)))).not.toContain("stand-in");
    await say(page, "Three");
    expect(await page.locator(".message").last().innerText()).toContain("I count 5 messages in this conversation");
  });

  test("is found in the list, by Back, and by its address alone", async () => {
    const page = await open();
    await say(page, "The first chat");
    const address = page.url();
    await startChat(page);
    expect(await page.locator(".turn").count()).toBe(0);
    await say(page, "The second chat");
    await page.getByRole("link", { name: "The first chat" }).click();
    expect(await page.locator(".bubble").innerText()).toBe("The first chat");
    await page.goBack();
    expect(await page.locator(".bubble").innerText()).toBe("The second chat");
    await page.evaluate(() => localStorage.clear());
    await page.goto("about:blank");
    await page.goto(address);
    await page.locator(".bubble", { hasText: "The first chat" }).waitFor();
  });

  test("is renamed, and deleted here and on the Worker after a question", async () => {
    const page = await open();
    await say(page, "Old title");
    const id = page.url().split("/").at(-1) ?? "";
    await page.getByRole("button", { name: "More for Old title" }).click();
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByRole("textbox", { name: "Title" }).fill("New title");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "More for New title" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete this chat?" });
    await dialog.getByRole("button", { name: "Keep it" }).click();
    expect(await page.getByRole("link", { name: "New title" }).count()).toBe(1);
    await page.getByRole("button", { name: "More for New title" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    const deleted = page.waitForResponse((answer) => answer.request().method() === "DELETE");
    await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    expect((await deleted).url()).toContain(`/responses/${id}`);
    expect(await page.getByRole("link", { name: "New title" }).count()).toBe(0);
    expect(await page.locator(".turn").count()).toBe(0);
    expect((await fetch(`${site.dev.url}/openai/v1/responses/${id}`)).status).toBe(404);
  });

  test("has both wordings of an edited message, and both answers of one asked again", async () => {
    const page = await open();
    await say(page, "One");
    await say(page, "Two");
    await page.locator(".user", { hasText: "Two" }).hover();
    await page.getByRole("button", { name: "Edit the message" }).last().click();
    await page.getByRole("textbox", { name: "Edit the message" }).fill("Two, changed");
    const body = nextBody(page);
    await page.keyboard.press("Control+Enter");
    expect(await body).toMatchObject({ input: "Two, changed" });
    await settled(page);
    expect(await page.locator(".bubble").allInnerTexts()).toEqual(["One", "Two, changed"]);
    expect(await page.locator(".siblings").innerText()).toMatch(/2 of 2/);
    await page.getByRole("button", { name: "Previous version" }).click();
    expect(await page.locator(".bubble").allInnerTexts()).toEqual(["One", "Two"]);
    await page.getByRole("button", { name: "Answer again" }).last().click();
    await settled(page);
    expect(await page.locator(".siblings").innerText()).toMatch(/3 of 3/);
    expect(await page.locator(".bubble").allInnerTexts()).toEqual(["One", "Two"]);
    await page.reload();
    await page.locator(".siblings", { hasText: "3 of 3" }).waitFor();
  });

  test("branches into one of its own", async () => {
    const page = await open();
    await say(page, "Root");
    await say(page, "Left");
    await page.getByRole("button", { name: "Branch from here" }).first().click();
    expect(await page.locator(".bubble").allInnerTexts()).toEqual(["Root"]);
    await say(page, "Right");
    expect(await page.locator(".message").last().innerText()).toContain("I count 3 messages in this conversation");
    await page.getByRole("link", { name: "Root", exact: true }).click();
    expect(await page.locator(".bubble").allInnerTexts()).toEqual(["Root", "Left"]);
    await page.reload();
    await page.getByRole("link", { name: "Root (branch)" }).click();
    await page.locator(".bubble", { hasText: "Right" }).waitFor();
    expect(await page.locator(".bubble").allInnerTexts()).toEqual(["Root", "Right"]);
  });

  test("that is not stored says so, and sends everything again", async () => {
    const page = await open();
    const settings = await openPanel(page, "Settings");
    await settings.getByRole("switch", { name: "Store" }).click();
    await say(page, "One");
    await page.getByText("Not kept: a reload forgets this chat").waitFor();
    const body = nextBody(page);
    await say(page, "Two");
    expect(await body).toMatchObject({
      store: false,
      input: [
        { role: "user", content: "One" },
        { type: "reasoning" },
        { type: "message" },
        { role: "user", content: "Two" },
      ],
    });
    expect(await page.evaluate(() => localStorage.getItem("console.chats"))).toBeNull();
  });

  test("in a conversation names it in each turn", async () => {
    const page = await open();
    const settings = await openPanel(page, "Settings");
    await settings.getByRole("switch", { name: "Conversation" }).click();
    const first = nextBody(page);
    await say(page, "One");
    const { conversation } = await first;
    expect(conversation).toMatch(/^conv_/);
    const second = nextBody(page);
    await say(page, "Two");
    expect(await second).toMatchObject({ conversation, input: "Two" });
    await page.reload();
    await page.locator(".bubble", { hasText: "Two" }).waitFor();
    expect(await page.locator(".bubble").allInnerTexts()).toEqual(["One", "Two"]);
  });
});

describe("a background run", () => {
  test("goes on while the page is away, and is followed again when it comes back", async () => {
    const page = await open();
    const settings = await openPanel(page, "Settings");
    await settings.getByRole("switch", { name: "Background" }).click();
    await send(page, "[slow] Hello");
    // A slow answer thinks first, a token every 300 ms.
    await page.locator(".message", { hasText: "This" }).waitFor({ timeout: 30_000 });
    const address = page.url();
    await page.goto("about:blank");
    await page.waitForTimeout(1500);
    const resumed = page.waitForRequest((sent) => sent.url().includes("stream=true"));
    await page.goto(address);
    expect((await resumed).url()).toMatch(/\/responses\/resp_\w+\?stream=true$/);
    await page.locator(".message", { hasText: "This" }).waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: "Stop" }).click();
    await settled(page);
    expect(await lastTurn(page).getAttribute("data-state")).toBe("stopped");
    expect(await page.locator(".bubble").innerText()).toBe("[slow] Hello");
  });
});

describe("files and images", () => {
  const picture = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
    "base64",
  );

  test("are attached by button, shown as chips, and taken off again", async () => {
    const page = await open();
    await page.getByLabel("Files").setInputFiles([
      { name: "dot.png", mimeType: "image/png", buffer: picture },
      { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("Some notes") },
    ]);
    await page.locator(".chips li").nth(1).waitFor();
    expect(await page.locator(".chips li > span:first-of-type").allInnerTexts()).toEqual(["dot.png", "notes.txt"]);
    await page.getByRole("button", { name: "Remove dot.png" }).click();
    const body = nextBody(page);
    await say(page, "Read this");
    expect(await body).toMatchObject({
      input: [
        {
          role: "user",
          content: [
            { type: "input_file", filename: "notes.txt", file_data: `data:text/plain;base64,${btoa("Some notes")}` },
            { type: "input_text", text: "Read this" },
          ],
        },
      ],
    });
    expect(await page.locator(".user .chip").innerText()).toMatch(/^notes\.txt\s+10 B$/);
  });

  test.each(["paste", "drop"])("come by %s", async (kind) => {
    const page = await open();
    await messageBox(page).evaluate(
      (field, { kind: type, bytes }) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "dot.png", { type: "image/png" }));
        const event =
          type === "paste"
            ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
            : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
        field.dispatchEvent(event);
      },
      { kind, bytes: [...picture] },
    );
    await page.locator(".chips li", { hasText: "dot.png" }).waitFor();
    const body = nextBody(page);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    expect(await body).toMatchObject({
      input: [{ content: [{ type: "input_image", image_url: `data:image/png;base64,${picture.toString("base64")}` }] }],
    });
    await settled(page);
    expect(await page.locator(".user img").count()).toBe(1);
  });
});

describe("an error", () => {
  test("is told in words, with the API's own a click away, and can be tried again", async () => {
    const page = await open();
    await say(page, "[error 3040]");
    const card = page.getByRole("region", { name: "Error" });
    expect(await card.innerText()).toMatch(
      /^The model is busy\s+Workers AI has no capacity left at the moment\. Try again in \d+ s\./,
    );
    await card.getByText("What the API said").click();
    expect(await card.locator(".pairs").innerText()).toMatch(
      /^status\s+429\s+code\s+out_of_capacity\s+message\s+[^]*x-request-id\s+[\da-f-]{36}$/,
    );
    const body = nextBody(page);
    await card.getByRole("button", { name: "Try again" }).click();
    expect(await body).toMatchObject({ input: "[error 3040]" });
    await settled(page);
    await say(page, "Hello");
    expect(await page.locator(".message").last().innerText()).toContain("I count 1 message in this conversation");
  });

  test("in a setting opens the settings at the field, before anything is sent", async () => {
    const page = await open();
    const settings = await openPanel(page, "Settings");
    await settings.getByLabel("Output tokens").fill("many");
    await settings.getByRole("button", { name: "Close the settings" }).click();
    await send(page, "Hello");
    await settings.getByText("Write a whole number, 1 or more.").waitFor();
    expect(await page.locator(".turn").count()).toBe(0);
    expect(await messageBox(page).inputValue()).toBe("Hello");
  });

  test("of a conversation that can't be made stands at the message, which is sent once it can", async () => {
    const page = await open({}, site.api.url);
    const conversations = "POST /openai/v1/conversations";
    const responses = "POST /openai/v1/responses";
    const error = { message: "The object is overloaded.", type: "server_error", code: "internal_error" };
    site.api.on(conversations, { status: 500, json: { error }, headers: { "x-request-id": "request-1" } });
    site.api.on(responses, { events: writeEvents("resp_1", [writeMessage("msg_1", "Here it is.")]) });
    const settings = await openPanel(page, "Settings");
    await settings.getByRole("switch", { name: "Conversation" }).click();
    await say(page, "One");
    const card = page.getByRole("region", { name: "Error" });
    expect(await card.innerText()).toMatch(/^The Worker failed\s+The object is overloaded\./);
    await card.getByText("What the API said").click();
    expect(await card.locator(".pairs").innerText()).toMatch(/^status\s+500\s+code\s+internal_error[^]*request-1$/);
    expect(await page.locator(".bubble").innerText()).toBe("One");
    expect(site.api.calls.map(({ path }) => path)).toEqual(["/openai/v1/conversations"]);

    site.api.on(conversations, { json: { id: "conv_1", object: "conversation" } });
    await card.getByRole("button", { name: "Try again" }).click();
    await page.locator(".message", { hasText: "Here it is." }).waitFor();
    expect(site.api.calls.at(-1)).toMatchObject({
      path: "/openai/v1/responses",
      body: { conversation: "conv_1", input: "One" },
    });
  });

  test("of a stream that breaks off leaves what had come", async () => {
    const page = await open();
    await say(page, "[error midstream]");
    expect(await page.locator(".message").innerText()).toMatch(/^This is the local stand-in/);
    expect(await page.getByRole("region", { name: "Error" }).innerText()).toMatch(
      /^(?:The connection broke|The Worker failed|This didn't work)/,
    );
  });
});
