import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { setUpConsole } from "./set-up-console.ts";
import { isReady, messageBox, nextBody, openPanel, say, startChat } from "./use-console.ts";

const run = promisify(execFile);

/** Every parameter of a request, and the inspector that shows what went over the wire. */
const site = setUpConsole();
const open = () => site.open({ viewport: { width: 1440, height: 900 } });

describe("the settings", () => {
  test("send nothing of what was left alone", async () => {
    const page = await open();
    const body = nextBody(page);
    await say(page, "Hello");
    expect(await body).toEqual({ model: "@cf/openai/gpt-oss-20b", input: "Hello", stream: true });
  });

  test("send what was set, are there after a reload, and can all be set back", async () => {
    const page = await open();
    const settings = await openPanel(page, "Settings");
    await settings.getByLabel("Instructions").fill("Be brief.");
    await settings.getByRole("group", { name: "Effort" }).getByText("Low").click();
    await settings.getByRole("group", { name: "Summary" }).getByText("Auto").click();
    await settings.getByRole("group", { name: "Verbosity" }).getByText("High").click();
    await settings.getByLabel("Temperature", { exact: true }).fill("0.4");
    await settings.getByLabel("Top p", { exact: true }).fill("0.9");
    await settings.getByLabel("Output tokens").fill("16");
    await settings.getByLabel("Tool calls", { exact: true }).fill("3");
    await settings.getByRole("switch", { name: "Parallel tool calls" }).click();
    await settings.getByLabel("Raw JSON").fill('{"metadata": {"team": "docs"}, "reasoning": {"effort": "medium"}}');
    await page.reload();
    await isReady(page);
    const body = nextBody(page);
    await say(page, "Hello");
    expect(await body).toEqual({
      model: "@cf/openai/gpt-oss-20b",
      instructions: "Be brief.",
      reasoning: { effort: "medium", summary: "auto" },
      text: { verbosity: "high" },
      temperature: 0.4,
      top_p: 0.9,
      max_output_tokens: 16,
      max_tool_calls: 3,
      parallel_tool_calls: false,
      metadata: { team: "docs" },
      input: "Hello",
      stream: true,
    });
    expect(await page.locator(".answer-footer .notice").first().innerText()).toMatch(
      /^Cut off: the answer reached the limit of output tokens/,
    );
    await settings.getByRole("button", { name: "Reset" }).click();
    await startChat(page);
    const plain = nextBody(page);
    await say(page, "Hello");
    expect(await plain).toEqual({ model: "@cf/openai/gpt-oss-20b", input: "Hello", stream: true });
  });

  test("say at once what is wrong with JSON, a schema and a function, and where", async () => {
    const page = await open();
    const settings = await openPanel(page, "Settings");
    const raw = settings.getByLabel("Raw JSON");
    await raw.fill('{\n  "a": 1,\n  "b" 2\n}');
    await settings.getByText("Not JSON: there is a mistake in line 3, column 7.").waitFor();
    expect(await raw.getAttribute("aria-invalid")).toBe("true");
    await raw.fill("");

    await settings.getByRole("group", { name: "Format" }).getByText("Schema").click();
    const schema = settings.getByLabel("JSON Schema", { exact: true });
    await schema.fill('{"type": "object", "properties": {"a": {"type": "strin"}}}');
    await settings.getByText('`a` has the type "strin", which JSON Schema doesn\'t know.').waitFor();
    await schema.fill('{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]}');
    await settings.getByText('The schema requires "b", which is not in `properties`.').waitFor();
    await settings.getByRole("group", { name: "Format" }).getByText("Text").click();

    await settings.getByRole("button", { name: "Add a function" }).click();
    const dialog = page.getByRole("dialog", { name: "Function" });
    const save = dialog.getByRole("button", { name: "Save" });
    await dialog.getByLabel("Definition").fill('{"name": "get weather"}');
    await dialog.getByText("A function's name has letters, digits, _ and - only").waitFor();
    expect(await save.isDisabled()).toBe(true);
    await dialog.getByLabel("Definition").fill('{"type": "function", "function": {"name": "f"}, "name": "f"}');
    await dialog.getByText("This is the shape of Chat Completions.").waitFor();
    await dialog.getByRole("button", { name: "Insert an example" }).click();
    await save.click();
    const body = nextBody(page);
    await say(page, "Hello");
    expect(await body).toMatchObject({ tools: [{ type: "function", name: "get_weather", strict: true }] });
    await settings.getByRole("switch", { name: "get_weather" }).click();
    const without = nextBody(page);
    await say(page, "Hello");
    expect(await without).not.toHaveProperty("tools");
  });

  test("name MCP servers, whose tokens stay in the tab and in no snippet", async () => {
    const page = await open();
    const settings = await openPanel(page, "Settings");
    await settings.getByRole("button", { name: "Add a server" }).click();
    await settings.getByLabel("Label").fill("docs");
    await settings.getByText("Address, token and tools").click();
    await settings.getByLabel("URL").fill("https://mcp.example/mcp");
    await settings.getByLabel("Token", { exact: true }).fill("secret-token-0123");
    await settings.getByLabel("Allowed tools").fill("search, fetch");
    await settings.getByRole("group", { name: "Approval for docs" }).getByText("Never ask").click();
    await messageBox(page).fill("Hello");
    const inspector = await openPanel(page, "Inspector");
    await inspector.getByRole("tab", { name: "Code" }).click();
    const snippet = await inspector.locator("pre").innerText();
    expect(snippet).toContain('"authorization": "<token>"');
    expect(await page.evaluate(() => JSON.stringify(Object.values(localStorage)))).not.toContain("secret-token");
    const body = nextBody(page);
    await messageBox(page).press("Enter");
    expect(await body).toMatchObject({
      tools: [
        {
          type: "mcp",
          server_label: "docs",
          server_url: "https://mcp.example/mcp",
          authorization: "secret-token-0123",
          allowed_tools: ["search", "fetch"],
          require_approval: "never",
        },
      ],
    });
  });
});

describe("the inspector", () => {
  test("lists events with deltas in one line, finds them, and copies them", async () => {
    const page = await open();
    const inspector = await openPanel(page, "Inspector");
    await say(page, "Hello");
    const rows = inspector.locator(".event-row");
    expect(await rows.first().innerText()).toMatch(/^\d+ ms\s+created\s+in_progress · resp_/);
    const deltas = rows.filter({ hasText: "output_text.delta" });
    expect(await deltas.count()).toBe(1);
    expect(await deltas.innerText()).toMatch(/output_text\.delta\s+× \d+\s+This is the local stand-in/);
    await deltas.click();
    const detail = inspector.getByRole("region", { name: "The chosen event" });
    expect(await detail.innerText()).toMatch(/^This is the local stand-in for [^]*“Hello”/);
    await inspector.getByRole("searchbox").fill("response.completed");
    expect(await rows.count()).toBe(1);
    await inspector.getByRole("button", { name: "Copy the events" }).click();
    const events = (await page.evaluate(() => navigator.clipboard.readText()))
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_event, index) => index));
    expect(events.at(-1).type).toBe("response.completed");
  });

  test("shows the request and the answer as JSON, of the turn that is chosen", async () => {
    const page = await open();
    await say(page, "First");
    await say(page, "Second");
    await page
      .getByRole("button", { name: /^Inspect gpt/ })
      .first()
      .click();
    const inspector = page.getByRole("complementary", { name: "Inspector" });
    await inspector.getByRole("tab", { name: "Request" }).click();
    expect(await inspector.locator(".json-tree").innerText()).toContain('input: "First"');
    await inspector.getByRole("tab", { name: "Response" }).click();
    await inspector.getByRole("button", { name: "Copy the response" }).click();
    const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    expect(copied).toMatchObject({ object: "response", status: "completed" });
    expect(await inspector.locator(".figures").innerText()).toContain(copied.id);
  });

  test("writes the request as a program that runs, with the base URL that works", async () => {
    const page = await open();
    await messageBox(page).fill('It\'s "quoted"');
    const inspector = await openPanel(page, "Inspector");
    await inspector.getByRole("tab", { name: "Code" }).click();
    const read = async (language: string) => {
      await inspector.getByRole("group", { name: "Language" }).getByText(language, { exact: true }).click();
      return inspector.locator("pre").innerText();
    };
    const { stdout } = await run("bash", ["-c", await read("curl")]);
    expect(stdout).toMatch(
      /^event: response\.created\ndata: \{[^]*event: response\.completed\ndata: \{[^]*“It's \\"quoted\\"”/,
    );
    expect(await read("JavaScript")).toContain(`baseURL: "${site.dev.url}/openai/v1"`);
    expect(await read("Python")).toContain(`base_url="${site.dev.url}/openai/v1"`);
    expect(await read("Codex")).toContain(`base_url = "${site.dev.url}/openai/v1"`);
    await say(page, "Sent before");
    expect(await read("curl")).toContain('"input": "Sent before"');
    await inspector.getByText("The request as it was sent.").waitFor();
  });
});
