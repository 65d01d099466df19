import { describe, expect, it } from "vitest";
import { readEvents } from "../../support/read-events.ts";
import { answeredRequest, delta, lastResponse, modelAnswer, nameIds, sse, streamText } from "../answer/chat-answer.ts";
import { convert } from "../request/convert.ts";

const tools = [
  { type: "shell", environment: { type: "local" } },
  { type: "local_shell" },
  { type: "apply_patch" },
  { type: "tool_search", execution: "client", description: "Finds tools." },
];

describe("a tool that the client runs", () => {
  it("is offered to the model as a function", async () => {
    const { inputs, warnings } = await convert({ input: "x", tools });
    expect(inputs.tools?.map(({ function: { name, description } }) => [name, description.slice(0, 12)])).toEqual([
      ["shell", "Runs command"],
      ["local_shell", "Runs one com"],
      ["apply_patch", "Creates, cha"],
      ["tool_search", "Finds tools."],
    ]);
    expect([...warnings]).toEqual([]);
  });

  it("keeps out of the way of a function of the same name", async () => {
    const { inputs, translation } = await convert({
      input: "x",
      tools: [{ type: "function", name: "shell" }, { type: "shell" }],
    });
    expect(inputs.tools?.map((tool) => tool.function.name)).toEqual(["shell", "shell_2"]);
    expect(translation.tools.get("shell_2")).toMatchObject({ kind: "shell", name: "shell" });
  });

  it.each([
    ["a container of OpenAI's", { type: "shell", environment: { type: "container_auto" } }],
    ["a search by OpenAI's server", { type: "tool_search" }],
  ])("is not %s: that is left out", async (_title, tool) => {
    const { inputs, warnings } = await convert({ input: "x", tools: [tool] });
    expect(inputs.tools).toBe(undefined);
    expect([...warnings]).toEqual([`This Worker doesn't run these hosted tools, so they were left out: ${tool.type}.`]);
  });

  it.each([
    ["tool_choice", { type: "apply_patch" }, { type: "function", function: { name: "apply_patch" } }],
    ["allowed_tools", { type: "allowed_tools", mode: "required", tools: [{ type: "apply_patch" }] }, "required"],
  ])("can be demanded by %s", async (_title, tool_choice, demanded) => {
    const { inputs } = await convert({ input: "x", tools, tool_choice });
    expect(inputs.tool_choice).toEqual(demanded);
  });
});

describe("the model's call of such a tool", () => {
  it.each([
    [
      "shell",
      { commands: ["ls"], timeout_ms: "500" },
      {
        type: "shell_call",
        action: { commands: ["ls"], timeout_ms: 500, max_output_length: null },
        environment: { type: "local" },
      },
    ],
    ["shell", { commands: "ls" }, { type: "shell_call", action: { commands: ["ls"], timeout_ms: null } }],
    [
      "local_shell",
      { command: ["ls", "-l"], env: { A: "b" } },
      {
        type: "local_shell_call",
        action: { type: "exec", command: ["ls", "-l"], env: { A: "b" } },
      },
    ],
    ["local_shell", { command: "ls -l" }, { type: "local_shell_call", action: { command: ["bash", "-lc", "ls -l"] } }],
    [
      "apply_patch",
      { type: "update_file", path: "a.txt", diff: "-a\n+b" },
      { type: "apply_patch_call", operation: { type: "update_file", path: "a.txt", diff: "-a\n+b" } },
    ],
    [
      "apply_patch",
      { type: "delete_file", path: "a.txt", diff: "" },
      { type: "apply_patch_call", operation: { type: "delete_file", path: "a.txt" } },
    ],
    ["tool_search", { query: "mail" }, { type: "tool_search_call", execution: "client", arguments: { query: "mail" } }],
  ])("of %s with %j becomes an item of the tool's own type", async (kind, given, item) => {
    const events = await answer(kind, JSON.stringify(given));
    expect(events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events[2]?.["item"]).toMatchObject({ type: item.type, status: "in_progress" });
    const whole = { ...item, status: "completed", call_id: "call-1" };
    expect(events[3]?.["item"]).toMatchObject(whole);
    expect(lastResponse(events)).toMatchObject({ output: [whole] });
  });

  it("is a failure when its arguments don't fit the tool", async () => {
    const events = await answer("apply_patch", JSON.stringify({ type: "rename_file", path: "a.txt" }));
    expect(events.at(-1)).toMatchObject({ type: "response.failed", response: { error: { code: "server_error" } } });
    expect(events.at(-2)).toMatchObject({ type: "error", code: "upstream_invalid_response" });
  });

  it.each([
    ["shell", "incomplete"],
    ["apply_patch", "in_progress"],
  ])("of %s is no call to run when the answer was cut off", async (kind, status) => {
    const events = await answer(kind, '{"commands":["l', "length");
    expect(lastResponse(events)).toMatchObject({ status: "incomplete", output: [{ status }] });
  });
});

describe("the items of such tools", () => {
  const run = { stdout: "a.txt\n", stderr: "", outcome: { type: "exit", exit_code: 0 } };
  const timeout = { stdout: "", stderr: "slow", outcome: { type: "timeout" } };

  it.each([
    [
      { type: "shell_call", call_id: "c1", action: { commands: ["ls"], timeout_ms: null, max_output_length: null } },
      { type: "shell_call_output", call_id: "c1", output: [run, timeout] },
      { name: "shell", arguments: '{"commands":["ls"]}' },
      "Exit code 0\nOutput:\na.txt\n\n\nIt ran out of time.\nErrors:\nslow",
    ],
    [
      {
        type: "local_shell_call",
        id: "lsh_1",
        call_id: "c1",
        action: { type: "exec", command: ["ls"], env: {}, timeout_ms: null },
        status: "completed",
      },
      { type: "local_shell_call_output", id: "lsh_1", output: "a.txt" },
      { name: "local_shell", arguments: '{"command":["ls"],"env":{}}' },
      "a.txt",
    ],
    [
      {
        type: "apply_patch_call",
        call_id: "c1",
        status: "completed",
        operation: { type: "create_file", path: "a", diff: "+b" },
      },
      { type: "apply_patch_call_output", call_id: "c1", status: "failed", output: "no such line" },
      { name: "apply_patch", arguments: '{"type":"create_file","path":"a","diff":"+b"}' },
      "The patch failed.\nno such line",
    ],
    [
      { type: "tool_search_call", call_id: "c1", execution: "client", arguments: { query: "mail" } },
      { type: "tool_search_output", call_id: "c1", execution: "client", tools: [{ type: "function", name: "send" }] },
      { name: "tool_search", arguments: '{"query":"mail"}' },
      "Found, and can be called now: send.",
    ],
  ])("are given to the model as a call and its result: $type", async (call, output, shown, text) => {
    const { inputs, warnings } = await convert({ input: [{ role: "user", content: "x" }, call, output], tools });
    expect(inputs.messages.slice(1)).toEqual([
      { role: "assistant", content: "", tool_calls: [{ id: "c1", type: "function", function: shown }] },
      { role: "tool", tool_call_id: "c1", content: text },
    ]);
    expect([...warnings]).toEqual([]);
  });

  it.each(["tool_search_output", "additional_tools"])("offer the tools that %s brings along", async (type) => {
    const searched = { type: "tool_search_call", call_id: "c1", execution: "client", arguments: {} };
    const brought = [
      { type: "function", name: "send", parameters: { type: "object" } },
      { type: "namespace", name: "mail", tools: [{ type: "function", name: "read", defer_loading: true }] },
    ];
    const { inputs } = await convert({
      input: [{ role: "user", content: "x" }, searched, { type, call_id: "c1", role: "developer", tools: brought }],
      tools: [{ type: "function", name: "send" }],
    });
    expect(inputs.tools?.map((tool) => tool.function.name)).toEqual(["send", "mail__read"]);
  });

  it("name the field of a tool brought along that is wrong", async () => {
    const input = [{ type: "additional_tools", role: "developer", tools: [{ type: "function" }] }];
    await expect(convert({ input })).rejects.toMatchObject({ status: 400, param: "input[0].tools[0].name" });
  });
});

/** The events of an answer in which the model calls the tool of a kind. */
async function answer(kind: string, given: string, reason = "tool_calls") {
  const { translation, inputs } = await convert({ input: "x", tools });
  const call = { index: 0, id: "call-1", function: { name: kind, arguments: given } };
  const chunks = [delta({ tool_calls: [call] }), delta({}, reason), "[DONE]"];
  const request = { ...answeredRequest(), translation, inputs };
  return nameIds(readEvents(await streamText(modelAnswer(chunks.map((chunk) => sse(chunk))), request)));
}
