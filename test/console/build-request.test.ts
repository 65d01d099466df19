import { describe, expect, it } from "vitest";
import { buildRequest } from "../../public/console/build-request.js";
import { Conversation } from "../../public/console/conversation.js";
import type { ResponseResource } from "../../src/protocol/events.ts";

const untouched = {
  model: "@cf/openai/gpt-oss-20b",
  instructions: "",
  effort: "",
  summary: "",
  limit: "",
  stream: false,
  tools: "",
  schema: "",
};

describe("buildRequest", () => {
  it("leaves out what was left alone", () => {
    expect(buildRequest(untouched)).toEqual({ model: "@cf/openai/gpt-oss-20b" });
  });

  it("takes every setting", () => {
    expect(
      buildRequest({
        ...untouched,
        instructions: "Be brief.",
        effort: "low",
        summary: "auto",
        limit: " 100 ",
        stream: true,
        tools: '[{"type":"function","name":"f"}]',
        schema: '{"type":"object"}',
      }),
    ).toEqual({
      model: "@cf/openai/gpt-oss-20b",
      instructions: "Be brief.",
      reasoning: { effort: "low", summary: "auto" },
      max_output_tokens: 100,
      tools: [{ type: "function", name: "f" }],
      text: { format: { type: "json_schema", name: "answer", strict: true, schema: { type: "object" } } },
      stream: true,
    });
  });

  it.each(['{"type":"json_object"}', '{"type":"json_schema","name":"x","schema":{}}'])(
    "takes a whole format as it is: %s",
    (schema) => {
      expect(buildRequest({ ...untouched, schema })).toMatchObject({ text: { format: JSON.parse(schema) } });
    },
  );

  it.each([
    ["limit", { limit: "many" }, "Write a whole number from 1 up."],
    ["limit", { limit: "0" }, "Write a whole number from 1 up."],
    ["tools", { tools: "{}" }, "Tools are a JSON array: [ … ]."],
    ["schema", { schema: "[]" }, "A JSON Schema is a JSON object: { … }."],
    ["schema", { schema: "{" }, expect.stringMatching(/^Not JSON: /)],
  ])("says what is wrong with %s %j", (field, settings, message) => {
    expect(() => buildRequest({ ...untouched, ...settings })).toThrow(expect.objectContaining({ field, message }));
  });
});

function response(id: string, output: object[]) {
  return { id, output } as unknown as ResponseResource;
}

describe("Conversation", () => {
  const call = { id: "fc_1", type: "function_call", call_id: "call_1", name: "f", arguments: "{}" };
  const message = { id: "msg_1", type: "message", role: "assistant", content: [] };
  const none = new Map<string, string>();

  it("begins with the message alone", () => {
    const next = new Conversation().next({ message: "hi", results: none, remembers: true });
    expect(next).toEqual({ input: "hi" });
  });

  it("names the last response where the Worker remembers it", () => {
    const conversation = new Conversation();
    conversation.add({ message: "hi", results: none, response: response("resp_1", [message]) });
    expect(conversation.next({ message: "more", results: none, remembers: true })).toEqual({
      previous_response_id: "resp_1",
      input: "more",
    });
  });

  it("sends everything again where it does not", () => {
    const conversation = new Conversation();
    conversation.add({ message: "hi", results: none, response: response("resp_1", [message]) });
    expect(conversation.next({ message: "more", results: none, remembers: false })).toEqual({
      input: [{ role: "user", content: "hi" }, message, { role: "user", content: "more" }],
    });
  });

  it("answers open calls before it says more, and keeps them in order", () => {
    const conversation = new Conversation();
    conversation.add({ message: "hi", results: none, response: response("resp_1", [call]) });
    const results = new Map([["call_1", "18"]]);
    const output = { type: "function_call_output", call_id: "call_1", output: "18" };
    expect(conversation.openCalls).toEqual([call]);
    expect(conversation.next({ message: "", results, remembers: true })).toEqual({
      previous_response_id: "resp_1",
      input: [output],
    });
    conversation.add({ message: "", results, response: response("resp_2", [message]) });
    expect(conversation.openCalls).toEqual([]);
    expect(conversation.next({ message: "thanks", results: none, remembers: false })).toEqual({
      input: [{ role: "user", content: "hi" }, call, output, message, { role: "user", content: "thanks" }],
    });
  });
});
