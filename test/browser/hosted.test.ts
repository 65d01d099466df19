import { describe, expect, test } from "vitest";
import { findBarriers } from "./open-browser.ts";
import { approvalOutput, imageOutput, searchOutput } from "./samples.ts";
import { setUpConsole } from "./set-up-console.ts";
import { lastTurn, nextBody, openPanel, say, send, settled } from "./use-console.ts";
import { type Item, message, reasoning, response, writeEvents } from "./write-events.ts";

/** What the Worker's own tools and a stream that misbehaves look like: from a scripted API, in the pages of a real Worker. */
const site = setUpConsole({ isScripted: true, vars: { WEBSOCKET: "off" } });
const { open } = site;

const create = "POST /openai/v1/responses";

function answerWith(output: readonly Item[], everyMs?: number): void {
  site.api.on(create, { events: [...writeEvents("resp_1", output)], ...(everyMs !== undefined && { everyMs }) });
}

test("a search shows its query, its pages and time, and the answer its sources with titles", async () => {
  answerWith(searchOutput);
  const page = await open();
  await page.getByRole("button", { name: "Search", exact: true }).click();
  const body = nextBody(page);
  await say(page, "What do Durable Objects cost?");
  expect(await body).toMatchObject({ tools: [{ type: "web_search" }], include: ["web_search_call.action.sources"] });
  const [search, visit] = await page.locator(".hosted summary").allInnerTexts();
  expect(search).toMatch(/^Searched the web for Cloudflare Durable Objects SQLite pricing 2026\s+\d+ ms$/);
  expect(visit).toMatch(/^Read developers\.cloudflare\.com\s+\d+ ms$/);
  await page.locator(".hosted summary").first().click();
  await page.locator(".source-list").waitFor();
  expect(await page.locator(".hosted").first().locator(".source-list a").count()).toBe(3);
  const sources = page.getByRole("region", { name: "Sources" }).getByRole("link");
  expect(await sources.allInnerTexts()).toEqual([
    expect.stringMatching(/^1\s+Durable Objects pricing\s+developers\.cloudflare\.com$/),
    expect.stringMatching(/^2\s+Workers pricing\s+developers\.cloudflare\.com$/),
    expect.stringMatching(/^3\s+Zero-latency SQLite storage in every Durable Object\s+blog\.cloudflare\.com$/),
  ]);
  const citation = page.locator(".message p a.citation").first();
  expect(await citation.innerText()).toMatch(/^pricing\s*1$/);
  expect(await citation.getAttribute("title")).toBe("Durable Objects pricing");
  expect(await citation.getAttribute("rel")).toBe("noopener noreferrer");
  expect(await findBarriers(page)).toEqual([]);
});

describe("an MCP call", () => {
  test("waits for Approve, and goes on with the decision", async () => {
    answerWith(approvalOutput);
    const page = await open();
    const settings = await openPanel(page, "Settings");
    await settings.getByRole("button", { name: "Add a server" }).click();
    await settings.getByLabel("Label").fill("tracker");
    const first = nextBody(page);
    await say(page, "Open an issue about the retry storm.");
    expect(await first).toMatchObject({
      tools: [{ type: "mcp", server_label: "tracker", require_approval: "always" }],
    });
    expect(await page.locator(".hosted summary").allInnerTexts()).toEqual([
      expect.stringMatching(/^tracker offers 2 tools\s+\d+ ms$/),
      expect.stringMatching(/^Called search_issues on tracker\s+\d+ ms$/),
    ]);
    const card = page.getByRole("region", { name: "Approval of create_issue" });
    expect(JSON.parse((await card.locator("pre").textContent()) ?? "")).toMatchObject({ labels: ["reliability"] });
    expect(await findBarriers(page)).toEqual([]);

    site.api.on(create, { events: [...writeEvents("resp_2", [message("msg_2", "It is open.")])] });
    const second = nextBody(page);
    await card.getByRole("button", { name: "Approve" }).click();
    expect(await second).toMatchObject({
      previous_response_id: "resp_1",
      input: [{ type: "mcp_approval_response", approval_request_id: "mcpr_1", approve: true }],
    });
    await settled(page);
    expect(await card.locator("header .tag").innerText()).toBe("approved");
    expect(await page.locator(".message").innerText()).toBe("It is open.");
  });

  test("is denied by Deny", async () => {
    answerWith(approvalOutput);
    const page = await open();
    await say(page, "Open an issue.");
    site.api.on(create, { events: [...writeEvents("resp_2", [message("msg_2", "As you like.")])] });
    const second = nextBody(page);
    await page.getByRole("button", { name: "Deny" }).click();
    expect(await second).toMatchObject({ input: [{ type: "mcp_approval_response", approve: false }] });
    await settled(page);
    expect(
      await page.getByRole("region", { name: "Approval of create_issue" }).locator("header .tag").innerText(),
    ).toBe("denied");
  });

  test("that failed says why", async () => {
    answerWith([
      {
        id: "mcp_1",
        type: "mcp_call",
        status: "failed",
        server_label: "tracker",
        name: "create_issue",
        arguments: "{}",
        error: { type: "http_error", code: 503, message: "The server is down." },
      },
      message("msg_1", "It did not work."),
    ]);
    const page = await open();
    await say(page, "Open an issue.");
    await page.locator(".hosted.problem summary", { hasText: "Failed: create_issue on tracker" }).click();
    expect(await page.locator(".hosted .error").innerText()).toBe("The server is down.");
  });
});

test("an image is shown where its place was kept, and can be saved", async () => {
  answerWith(imageOutput, 150);
  const page = await open();
  await page.getByRole("button", { name: "Images" }).click();
  const body = nextBody(page);
  await send(page, "Draw dunes.");
  expect(await body).toMatchObject({ tools: [{ type: "image_generation" }] });
  await page.getByRole("img", { name: "An image is being made" }).waitFor();
  await settled(page);
  const image = page.locator(".image img");
  expect(await image.evaluate((node) => (node instanceof HTMLImageElement ? node.naturalWidth : 0))).toBeGreaterThan(0);
  expect(await page.getByRole("link", { name: "Download the image" }).getAttribute("download")).toBe("image.png");
});

test("reasoning is in view as it comes, and folded once the answer begins", async () => {
  const thought = "Compare both plans before answering. ".repeat(20);
  answerWith([reasoning("rs_1", thought), message("msg_1", "Here is the comparison. ".repeat(30))], 15);
  const page = await open();
  await send(page, "Compare");
  await page.getByRole("region", { name: "Reasoning" }).waitFor();
  expect(await page.locator(".reasoning .fold").innerText()).toBe("Thinking");
  await page.locator(".message").waitFor();
  expect(await page.getByRole("region", { name: "Reasoning" }).count()).toBe(0);
  await settled(page);
  expect(await page.locator(".reasoning .fold").innerText()).toMatch(/^Thought for (?:\d+ ms|[\d.]+ s)$/);
  const inspector = await openPanel(page, "Inspector");
  expect(await inspector.locator(".figures").innerText()).toMatch(
    /First reasoning\s+\d+ ms\s+First token\s+(?:\d+ ms|[\d.]+ s)\s+Whole answer\s+[\d.]+ m?s\s+Speed\s+\d+ tokens\/s\s+Input\s+412 \(128 cached\)\s+Output\s+356 \(96 reasoning\)\s+Cost\s+\$0\.00019\s+Id\s+resp_1/,
  );
});

test("a background run whose connection breaks is taken up at the event where it was", async () => {
  const events = [...writeEvents("resp_1", [message("msg_1", "One two three four five six seven.")], 4)];
  const half = Math.floor(events.length / 2);
  site.api.on(create, { events: events.slice(0, half), breaks: true });
  site.api.on("GET /openai/v1/responses/resp_1?stream=true", ({ path }) => {
    const after = Number(new URL(path, site.api.url).searchParams.get("starting_after"));
    return { events: events.filter((event) => Number(event["sequence_number"]) > after) };
  });
  const page = await open();
  const settings = await openPanel(page, "Settings");
  await settings.getByRole("switch", { name: "Background" }).click();
  await say(page, "Count");
  expect(await page.locator(".message").innerText()).toBe("One two three four five six seven.");
  expect(site.api.calls.map(({ method, path }) => `${method} ${path}`)).toContain(
    `GET /openai/v1/responses/resp_1?stream=true&starting_after=${half - 1}`,
  );
  const inspector = await openPanel(page, "Inspector");
  expect(await inspector.getByText(`${events.length} events`).count()).toBe(1);
});

test("a WebSocket carries the turns of a chat when it is switched on", async () => {
  const page = await open();
  const frames: Record<string, unknown>[] = [];
  let sockets = 0;
  await page.routeWebSocket(/\/openai\/v1\/responses$/, (socket) => {
    sockets += 1;
    socket.onMessage((frame) => {
      const body: Record<string, unknown> = JSON.parse(String(frame));
      frames.push(body);
      for (const event of writeEvents(`resp_${frames.length}`, [message("msg_1", `Turn ${frames.length}`)]))
        socket.send(JSON.stringify(event));
    });
  });
  const settings = await openPanel(page, "Settings");
  await settings.getByRole("switch", { name: "WebSocket" }).click();
  await say(page, "One");
  await say(page, "Two");
  expect(await page.locator(".message").allInnerTexts()).toEqual(["Turn 1", "Turn 2"]);
  expect(frames).toEqual([
    { type: "response.create", model: "@cf/openai/gpt-oss-20b", input: "One" },
    { type: "response.create", model: "@cf/openai/gpt-oss-20b", input: "Two", previous_response_id: "resp_1" },
  ]);
  expect(sockets).toBe(1);
  expect(site.api.calls).toEqual([]);
});

test("a WebSocket that the Worker refuses leaves a way out", async () => {
  const page = await open({}, site.dev.url);
  const settings = await openPanel(page, "Settings");
  await settings.getByRole("switch", { name: "WebSocket" }).click();
  await say(page, "One");
  const card = page.getByRole("region", { name: "Error" });
  expect(await card.innerText()).toMatch(
    /^The WebSocket was refused\s+The Worker has it turned off, or the key has reached a limit\./,
  );
  await settings.getByRole("switch", { name: "WebSocket" }).click();
  await card.getByRole("button", { name: "Try again" }).click();
  await page.locator(".message", { hasText: "“One”" }).waitFor();
});

test("an error inside an answer over a WebSocket does not end the next turn", async () => {
  const page = await open();
  const error = { type: "server_error", code: "upstream_error", message: "The model failed half-way.", param: "" };
  const failed = { type: "response.failed", response: response("resp_1", [], { status: "failed", error }) };
  let turns = 0;
  await page.routeWebSocket(/\/openai\/v1\/responses$/, (socket) => {
    socket.onMessage(() => {
      turns += 1;
      const whole = [...writeEvents("resp_1", [message("msg_1", "Half an answer and more")])];
      const events = turns === 1 ? [...whole.slice(0, 4), { ...error, error, type: "error" }, failed] : whole;
      for (const event of events) socket.send(JSON.stringify(event));
    });
  });
  const settings = await openPanel(page, "Settings");
  await settings.getByRole("switch", { name: "WebSocket" }).click();
  await say(page, "One");
  expect(await page.getByRole("region", { name: "Error" }).innerText()).toMatch(
    /^This didn't work\s+The model failed half-way\./,
  );
  await say(page, "Two");
  expect(await lastTurn(page).locator(".message").innerText()).toBe("Half an answer and more");
});

test("a WebSocket's turn that is asked for during another gets its own answer", async () => {
  const page = await open();
  const gate = Promise.withResolvers<void>();
  let frames = 0;
  await page.routeWebSocket(/\/openai\/v1\/responses$/, (socket) => {
    // As the Worker has it: one turn after another.
    let turns = Promise.resolve();
    socket.onMessage(() => {
      frames += 1;
      const frame = frames;
      const [first, ...rest] = writeEvents(`resp_${frame}`, [message("msg_1", `Answer ${frame}`)]);
      turns = turns.then(async () => {
        socket.send(JSON.stringify(first));
        if (frame === 2) await gate.promise;
        for (const event of rest) socket.send(JSON.stringify(event));
      });
    });
  });
  const settings = await openPanel(page, "Settings");
  await settings.getByRole("switch", { name: "WebSocket" }).click();
  await say(page, "One");
  await send(page, "Two");
  await expect.poll(() => frames).toBe(2);
  await page.getByRole("button", { name: "Answer again" }).first().click();
  gate.resolve();
  await page.locator(".message", { hasText: "Answer 3" }).waitFor();
  expect(await lastTurn(page).locator(".message").innerText()).toBe("Answer 3");
});

test("a failure inside the stream is shown, and what had come stays", async () => {
  const error = { type: "server_error", code: "upstream_error", message: "The model failed half-way.", param: "" };
  const events = [...writeEvents("resp_1", [message("msg_1", "Half an answer and more")])].slice(0, 4);
  const failed = { type: "response.failed", response: response("resp_1", [], { status: "failed", error }) };
  site.api.on(create, { events: [...events, { ...error, error, type: "error" }, failed] });
  const page = await open();
  await say(page, "Hello");
  expect(await page.getByRole("region", { name: "Error" }).innerText()).toMatch(
    /^This didn't work\s+The model failed half-way\./,
  );
  expect(await page.locator(".message").innerText()).toBe("Half an answ");
  expect(await lastTurn(page).getAttribute("data-state")).toBe("failed");
});

test("what the Worker could not do as it was asked stands beneath the answer", async () => {
  site.api.on(create, {
    json: response("resp_1", [message("msg_1", "Here.")]),
    headers: { warning: String.raw`299 - "The tool \"web_search\" is not set up on this Worker."` },
  });
  const page = await open();
  await say(page, "Hello");
  expect(await page.locator(".answer-footer .notice").innerText()).toBe(
    'The tool "web_search" is not set up on this Worker.',
  );
});
