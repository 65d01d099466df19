import { describe, expect, it } from "vitest";
import { ask, scriptModel } from "./ask.ts";

function chatAnswer(text: string): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "@cf/openai/gpt-oss-20b",
    choices: [
      { index: 0, finish_reason: "stop", message: { role: "assistant", content: text, reasoning_content: "thought" } },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  };
}

describe("compat mode", () => {
  it.each([false, true])("stores and continues what it made, with stream: %s", async (stream) => {
    const AI = scriptModel(chatAnswer("one"), chatAnswer("two"));
    const settings = { MODE: "compat", AI };
    const created = await ask("/v1/responses", {
      body: { input: "hello", stream, instructions: "be brief" },
      settings,
    });
    expect(created.status).toBe(200);
    const id = /resp_[\da-f]{45}/.exec(created.text)?.[0] ?? "";
    const stored = await ask(`/v1/responses/${id}`, { settings });
    expect(stored.json).toMatchObject({ id, status: "completed", store: true });
    if (!stream) expect(stored.json).toEqual(created.json);
    const next = await ask("/v1/responses", { body: { input: "and?", previous_response_id: id }, settings });
    expect(next.json).toMatchObject({ previous_response_id: id, store: true });
    const messages = AI.calls[1]?.["messages"] as { role: string; content: unknown }[];
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(JSON.stringify(messages)).not.toContain("be brief");
    const listed = await ask(`/v1/responses/${String(next.json["id"])}/input_items?order=asc`, { settings });
    expect((listed.json["data"] as { type: string }[]).map(({ type }) => type)).toEqual([
      "message",
      "reasoning",
      "message",
      "message",
    ]);
  });

  it.each([
    ["generate", { generate: false }],
    ["prompt_cache_options", { prompt_cache_options: { prewarm: true } }],
  ])("prepares a context by %s without calling the model, and a later request continues it", async (_field, field) => {
    const AI = scriptModel(chatAnswer("one"));
    const settings = { MODE: "compat", AI };
    const body = { input: [{ role: "developer", content: "be brief" }], ...field };
    const prepared = await ask("/v1/responses", { body, settings });
    expect(prepared.json).toMatchObject({
      status: "completed",
      output: [],
      usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
    });
    const streamed = await ask("/v1/responses", { body: { ...body, stream: true }, settings });
    expect(streamed.text.match(/^event: .*$/gm)).toEqual([
      "event: response.created",
      "event: response.in_progress",
      "event: response.completed",
    ]);
    expect(AI.calls).toEqual([]);
    const previous = prepared.json["id"];
    await ask("/v1/responses", { body: { input: "hello", previous_response_id: previous }, settings });
    expect(AI.calls[0]?.["messages"]).toEqual([
      { role: "system", content: "be brief" },
      { role: "user", content: "hello" },
    ]);
  });

  it("answers in a conversation and says which", async () => {
    const settings = { MODE: "compat", AI: scriptModel(chatAnswer("one")) };
    const id = (await ask("/v1/conversations", { body: {}, settings })).json["id"];
    const created = await ask("/v1/responses", { body: { input: "hello", conversation: id }, settings });
    expect(created.json).toMatchObject({ status: "completed", conversation: { id } });
    const listed = await ask(`/v1/conversations/${String(id)}/items?order=asc`, { settings });
    expect((listed.json["data"] as { type: string }[]).map(({ type }) => type)).toEqual([
      "message",
      "reasoning",
      "message",
    ]);
  });

  it.each([undefined, null, []])(
    "continues a response and a conversation with the input %j of its own",
    async (input) => {
      const AI = scriptModel(chatAnswer("one"), chatAnswer("two"), chatAnswer("three"));
      const settings = { MODE: "compat", AI };
      const conversation = (await ask("/v1/conversations", { body: {}, settings })).json["id"];
      const first = await ask("/v1/responses", { body: { input: "hello", conversation }, settings });
      for (const earlier of [{ previous_response_id: first.json["id"] }, { conversation }]) {
        expect((await ask("/v1/responses", { body: { ...earlier, input }, settings })).status).toBe(200);
        const messages = AI.calls.at(-1)?.["messages"] as { content: unknown }[];
        expect(messages.map(({ content }) => content)).toEqual(["hello", "one"]);
      }
    },
  );

  it("has nothing to answer in a conversation without items", async () => {
    const AI = scriptModel(chatAnswer("never"));
    const settings = { MODE: "compat", AI };
    const conversation = (await ask("/v1/conversations", { body: {}, settings })).json["id"];
    const asked = await ask("/v1/responses", { body: { conversation }, settings });
    expect([asked.status, asked.json.error, AI.calls]).toEqual([
      400,
      {
        message: "There is nothing to answer. Send a text or messages in `input`.",
        type: "invalid_request_error",
        param: "input",
        code: "missing_required_parameter",
      },
      [],
    ]);
  });

  it("refuses at once what a background run could not convert", async () => {
    const AI = scriptModel(chatAnswer("never"));
    const asked = await ask("/v1/responses", {
      body: { input: [{ type: "computer_call_output" }], background: true, tools: "x" },
      settings: { MODE: "compat", AI },
    });
    expect(asked.status).toBe(400);
    expect(AI.calls).toEqual([]);
  });
});
