import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { say } from "../support/chat-rounds.ts";
import { readEvents } from "../support/read-events.ts";
import { type Api, clientHeaders, startApi } from "../support/start-api.ts";
import { stateObjects } from "../support/state-objects.ts";

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

let api: Api;

beforeAll(async () => {
  api = await startApi(inject("bundlePath"), [
    {
      name: "api",
      vars: { MODE: "compat" },
      durableObjects: stateObjects,
    },
  ]);
});
afterAll(() => api?.stop());
beforeEach(() => api.upstream.clear());

function create(document: object): Promise<Response> {
  return fetch(`${api.workerd.url()}/v1/responses`, {
    method: "POST",
    headers: clientHeaders,
    body: JSON.stringify({ model: "gpt-oss-20b", ...document }),
  });
}

async function createJson(document: object): Promise<Json> {
  return (await create(document)).json();
}

function messagesOf(index: number): Json {
  const { inputs }: Json = api.upstream.calls[index];
  return inputs.messages;
}

const context_management = [{ type: "compaction", compact_threshold: 1_000 }];
const long = "word ".repeat(1_500);
const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });
const summary = say({ text: "They talked about words.", usage: { prompt_tokens: 100, completion_tokens: 7 } });
const done = say({ text: "Done." });

describe("context_management", () => {
  test("has a context that is too long summarised first, and the item stands for it from then on", async () => {
    api.upstream.enqueue(summary, done, say({ text: "Still here." }));
    const input = [user("Write words."), assistant(long), user("And now?")];
    const events: Json[] = readEvents(await (await create({ input, context_management, stream: true })).text());
    expect(events.slice(0, 5).map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.output_item.done",
      "response.output_item.added",
    ]);
    const { response } = events.at(-1);
    expect(response.output).toMatchObject([
      { id: `cmp_${response.id.slice(5)}0000`, type: "compaction", encrypted_content: expect.stringMatching(/^p1\./) },
      { type: "message" },
    ]);
    expect(response.usage).toMatchObject({ input_tokens: 110, output_tokens: 12, total_tokens: 122 });
    expect(messagesOf(0).slice(0, 2)).toEqual([user("Write words."), assistant(long)]);
    expect(messagesOf(0)[2].content).toMatch(/^Write a summary of the conversation so far\./);
    const told = user("Summary of the conversation before this point:\n\nThey talked about words.");
    expect(messagesOf(1)).toEqual([user("Write words."), told, user("And now?")]);

    await createJson({ input: "Go on.", previous_response_id: response.id, context_management });
    expect(messagesOf(2)).toEqual([user("Write words."), user("And now?"), told, assistant("Done."), user("Go on.")]);
  });

  test("keeps the newest turn of an agent word for word: its calls and their outputs", async () => {
    api.upstream.enqueue(summary, done, done);
    const input = [
      user("Read."),
      makeCall("a"),
      makeOutput("a", long),
      assistant("Next."),
      makeCall("b"),
      makeOutput("b", "the file b"),
    ];
    const first = await createJson({ input, context_management });
    expect(messagesOf(0).at(-2)).toMatchObject({ role: "tool", content: long });
    expect(messagesOf(1).map(({ role, content }: Json) => [role, content])).toEqual([
      ["user", "Read."],
      ["user", "Summary of the conversation before this point:\n\nThey talked about words."],
      ["assistant", "Next."],
      ["tool", "the file b"],
    ]);
    await createJson({ input: "Go on.", previous_response_id: first.id });
    expect(messagesOf(2)[1].content).toBe(
      [
        "Summary of the conversation before this point:",
        "They talked about words.",
        "Next.",
        'Called read: {"file":"b"}',
        "Its result: the file b",
      ].join("\n\n"),
    );
    expect(messagesOf(2).map(({ role }: Json) => role)).toEqual(["user", "user", "assistant", "user"]);
  });

  test.each([
    ["a short context", [user("Hi"), assistant("Hello"), user("And?")], context_management],
    ["a context of the user's words only", [user(long)], context_management],
    ["a text", long, context_management],
    ["a threshold that is not reached", [user("a"), assistant(long), user("b")], [{ type: "compaction" }]],
    ["no entry of that type", [user("a"), assistant(long), user("b")], [{ type: "magic", compact_threshold: 1_000 }]],
  ])("does nothing for %s", async (_, input, management) => {
    api.upstream.enqueue(done);
    const { output } = await createJson({ input, context_management: management });
    expect(output.map(({ type }: Json) => type)).toEqual(["message"]);
  });

  test.each(["compaction", "compaction_summary"])("summarises again only what came after the last %s", async (type) => {
    api.upstream.enqueue(done);
    const packed = `p1.${Buffer.from("Before.").toString("base64url")}`;
    const input = [user(long), assistant("x"), { type, encrypted_content: packed }, user("b")];
    const { output } = await createJson({ input, context_management });
    expect(output.map((item: Json) => item.type)).toEqual(["message"]);
    expect(messagesOf(0)[1]).toEqual(user("Summary of the conversation before this point:\n\nBefore."));
  });

  test("fails the Response when the summary does", async () => {
    api.upstream.enqueue(say({ text: "They talked", finish: "length" }));
    const input = [user("a"), assistant(long), user("b")];
    const failed = await create({ input, context_management });
    expect(failed.status).toBe(502);
    expect(await failed.json()).toMatchObject({ error: { code: "upstream_invalid_response" } });
    const refused = await createJson({ input, context_management: [{ type: "compaction", compact_threshold: 5 }] });
    expect(refused.error).toMatchObject({ code: "invalid_value", param: "context_management[0].compact_threshold" });
  });
});

function makeCall(id: string) {
  return { type: "function_call", call_id: id, name: "read", arguments: `{"file":"${id}"}` };
}

function makeOutput(id: string, text: string) {
  return { type: "function_call_output", call_id: id, output: text };
}
