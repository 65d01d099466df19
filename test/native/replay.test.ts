import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/errors.ts";
import { streamEvents } from "../../src/http/render-answer.ts";
import { replayResponse } from "../../src/native/replay.ts";
import vllmStream from "../fixtures/upstream/vllm-responses.abridged.sse?raw";
import vllmAnswer from "../fixtures/upstream/vllm-responses.json";
import { readEvents } from "../support/read-events.ts";
import { readWithOpenAI } from "../support/read-with-openai.ts";

async function replayText(answer: unknown): Promise<string> {
  return new Response(streamEvents(replayResponse(answer))).text();
}

async function eventsOf(answer: unknown) {
  return (await Array.fromAsync(replayResponse(answer))).flat();
}

async function typesOf(answer: unknown): Promise<string[]> {
  return (await eventsOf(answer)).map(({ type }) => type);
}

async function lastOf(answer: unknown): Promise<Record<string, unknown>> {
  const last = (await eventsOf(answer)).at(-1);
  if (last === undefined || !("response" in last)) throw new Error("the stream ends without a Response");
  return { type: last.type, ...last.response };
}

const message = (text: string) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

describe("replayResponse", () => {
  it("replays vLLM's recorded answer as the events of a stream", async () => {
    expect(await typesOf(vllmAnswer)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
  });

  it("numbers the events from 0 without a gap", async () => {
    const numbers = (await eventsOf(vllmAnswer)).map(({ sequence_number }) => sequence_number);
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  it("keeps the answer's ids, texts, counts and unknown fields", async () => {
    const last = await lastOf(vllmAnswer);
    expect(last).toMatchObject({
      type: "response.completed",
      id: "resp_9208ccdf1a7aaf55",
      created_at: 1781669946,
      status: "completed",
      model: "openai/gpt-oss-20b",
      kv_transfer_params: null,
      max_output_tokens: 130997,
      usage: vllmAnswer.usage,
      output: [
        { id: "rs_b55b5395d3481c06", type: "reasoning", content: vllmAnswer.output[0]?.content, summary: [] },
        { id: "msg_8a264d7b3234bea8", type: "message", role: "assistant", status: "completed" },
      ],
    });
  });

  it("fills what strict clients need and vLLM's answer lacks or sets to null", async () => {
    const last = await lastOf(vllmAnswer);
    expect(last).toMatchObject({
      error: null,
      store: false,
      metadata: {},
      text: { format: { type: "text" } },
      reasoning: { effort: null, summary: null },
      top_logprobs: 0,
      safety_identifier: null,
      prompt_cache_key: null,
    });
    expect(last["completed_at"]).toBeTypeOf("number");
    expect(last["output"]).toEqual([
      {
        id: "rs_b55b5395d3481c06",
        type: "reasoning",
        status: "completed",
        summary: [],
        content: vllmAnswer.output[0]?.content,
      },
      {
        id: "msg_8a264d7b3234bea8",
        type: "message",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: "HELLO", annotations: [], logprobs: [] }],
      },
    ]);
  });

  it("has every key that Open Responses requires, for the smallest answer there is", async () => {
    const required =
      "id object created_at completed_at status incomplete_details model previous_response_id instructions output error tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs temperature reasoning usage max_output_tokens max_tool_calls store background service_tier metadata safety_identifier prompt_cache_key".split(
        " ",
      );
    expect(required).toHaveLength(31);
    expect(Object.keys(await lastOf({ output: [message("hi")] }))).toEqual(expect.arrayContaining(required));
  });

  it("starts with a Response that has not answered yet", async () => {
    const [created, inProgress] = await eventsOf(vllmAnswer);
    for (const event of [created, inProgress]) {
      expect(event).toMatchObject({
        response: {
          id: "resp_9208ccdf1a7aaf55",
          status: "in_progress",
          output: [],
          usage: null,
          completed_at: null,
          error: null,
          incomplete_details: null,
        },
      });
    }
  });

  it("renames token counts that go by Chat Completions' names", async () => {
    const usage = {
      prompt_tokens: 75,
      completion_tokens: 112,
      total_tokens: 187,
      prompt_tokens_details: { cached_tokens: 64 },
    };
    expect((await lastOf({ output: [message("hi")], usage }))["usage"]).toEqual({
      input_tokens: 75,
      input_tokens_details: { cached_tokens: 64, cache_write_tokens: 0 },
      output_tokens: 112,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 187,
    });
  });

  it("replays function calls by their arguments' events, custom tool calls by their input's", async () => {
    const output = [
      { type: "function_call", name: "get_weather", arguments: '{"city":"Paris"}', call_id: "call_1" },
      { type: "custom_tool_call", name: "run", input: "ls", call_id: "call_2" },
    ];
    const events = await eventsOf({ output });
    expect(events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.custom_tool_call_input.delta",
      "response.custom_tool_call_input.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events[2]).toMatchObject({ item: { call_id: "call_1", arguments: "", status: "in_progress" } });
    expect(events[4]).toMatchObject({ name: "get_weather", arguments: '{"city":"Paris"}' });
    expect(events[9]).toMatchObject({ item: { call_id: "call_2", input: "ls", status: "completed" } });
  });

  it("replays refusals by refusal events and reasoning summaries by summary events", async () => {
    const output = [
      { type: "reasoning", summary: [{ type: "summary_text", text: "Short." }], content: null },
      { type: "message", role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
    ];
    expect(await typesOf({ output })).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.refusal.delta",
      "response.refusal.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
  });

  it("adds an item of an unknown type and is done with it, unchanged", async () => {
    const item = { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: null } };
    const events = await eventsOf({ output: [item] });
    expect(events.slice(2, 4)).toEqual([
      { type: "response.output_item.added", output_index: 0, item, sequence_number: 2 },
      { type: "response.output_item.done", output_index: 0, item, sequence_number: 3 },
    ]);
  });

  it("makes an id once where the answer has none, and a new one where two items share it", async () => {
    const output = [
      { type: "function_call", name: "a", arguments: "{}" },
      { ...message("one"), id: "" },
      message("two"),
      message("three"),
      { type: "web_search_call" },
    ];
    const events = readEvents(await replayText({ output }));
    const final = events.at(-1)?.["response"] as { id: string; output: { id: string; call_id?: string }[] };
    expect(final.id).toMatch(/^resp_[0-9a-f]{32}$/);
    expect(final.output[0]?.id).toMatch(/^fc_[0-9a-f]{32}$/);
    expect(final.output[0]?.call_id).toMatch(/^call_[0-9a-f]{32}$/);
    expect(final.output[1]?.id).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(final.output[2]?.id).toBe("msg_1");
    expect(final.output[3]?.id).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(new Set(final.output.map(({ id }) => id)).size).toBe(5);
    for (const event of events) {
      if (typeof event["output_index"] !== "number") continue;
      const id = "item" in event ? (event["item"] as { id: string }).id : event["item_id"];
      expect(id).toBe(final.output[event["output_index"]]?.id);
    }
  });

  it.each([
    ["completed", { status: "completed" }, "response.completed", null],
    [
      "incomplete",
      { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      "response.incomplete",
      null,
    ],
    [
      "failed",
      { status: "failed", error: { code: "x", message: "y" } },
      "response.failed",
      { code: "x", message: "y" },
    ],
    [
      "failed without an error",
      { status: "failed" },
      "response.failed",
      { code: "server_error", message: 'The model did not complete its answer: status "failed".' },
    ],
    [
      "cancelled",
      { status: "cancelled" },
      "response.failed",
      { code: "server_error", message: 'The model did not complete its answer: status "cancelled".' },
    ],
    [
      "in_progress",
      { status: "in_progress" },
      "response.failed",
      { code: "server_error", message: 'The model did not complete its answer: status "in_progress".' },
    ],
    ["no status but an output", {}, "response.completed", null],
    [
      "no status and no output",
      { output: [] },
      "response.failed",
      { code: "server_error", message: "The model ended without an answer." },
    ],
    [
      "completed with an error",
      { status: "completed", error: { code: "x", message: "y" } },
      "response.failed",
      { code: "x", message: "y" },
    ],
  ])("ends an answer that is %s with the event for it", async (_, fields, type, error) => {
    const last = await lastOf({ output: [message("hi")], ...fields });
    expect(last["type"]).toBe(type);
    expect(last["status"]).toBe(type.replace("response.", ""));
    expect(last["error"]).toEqual(error);
  });

  it.each([
    [null, "it is not an object"],
    ["text", "it is not an object"],
    [[], "it is not an object"],
    [{}, "it has no output array"],
    [{ output: null }, "it has no output array"],
    [{ response: "legacy text" }, "it has no output array"],
    [{ output: [null] }, "an output item is not an object"],
    [{ output: [{ id: "x" }] }, "an output item has no type"],
    [{ output: [{ type: "message", content: [7] }] }, "a content part is not an object"],
    [{ output: [{ type: "message", content: [{ type: "reasoning_text" }] }] }, "a content part has a wrong type"],
  ])("refuses %j before the first event", (answer, what) => {
    let thrown: unknown;
    try {
      replayResponse(answer);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ApiError);
    expect(thrown).toMatchObject({
      status: 502,
      type: "server_error",
      code: "upstream_invalid_response",
      message: `The model's answer is not valid: ${what}. Try again.`,
    });
  });
});

describe("a replay as a stream", () => {
  it("writes whole events, an item's in one write, and [DONE] with the last", async () => {
    const chunks: string[] = [];
    const decoder = new TextDecoder();
    for await (const chunk of streamEvents(replayResponse(vllmAnswer))) chunks.push(decoder.decode(chunk));
    expect(chunks.map((chunk) => chunk.match(/^event: /gm)?.length)).toEqual([2, 2, 7]);
    for (const chunk of chunks)
      expect(chunk).toMatch(/^(?:event: response\.[a-z_.]+\ndata: \{.*\}\n\n)+(?:data: \[DONE\]\n\n)?$/);
    expect(chunks.at(-1)?.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("renders no event that nobody reads", async () => {
    let made = 0;
    const output = Array.from({ length: 1000 }, (_, index) => ({
      type: "web_search_call",
      id: `ws_${index}`,
      toJSON() {
        made += 1;
        return { type: "web_search_call", id: `ws_${index}` };
      },
    }));
    const reader = streamEvents(replayResponse({ output })).getReader();
    for (let read = 0; read < 2; read += 1) await reader.read();
    await reader.cancel();
    expect(made).toBeLessThanOrEqual(2);
  });

  it("cuts a long text into short deltas, never inside a character", async () => {
    const text = `a${"😀".repeat(5000)}`;
    const deltas = readEvents(await replayText({ output: [message(text)] }))
      .filter(({ type }) => type === "response.output_text.delta")
      .map((event) => String(event["delta"]));
    expect(deltas.join("")).toBe(text);
    expect(deltas.every((delta) => delta.length <= 2048 && delta.isWellFormed())).toBe(true);
    expect(deltas).toHaveLength(5);
  });
});

describe("openai-node reading a replay", () => {
  it("accumulates vLLM's recorded answers to the object of response.completed", async () => {
    const recorded = readEventsLeniently(vllmStream).at(-1)?.["response"];
    for (const answer of [vllmAnswer, recorded]) {
      const text = await replayText(answer);
      const completed = readEvents(text).at(-1);
      const { final, events } = await readWithOpenAI(text);
      expect(completed?.type).toBe("response.completed");
      expect(final).toEqual(completed?.["response"]);
      expect(events.at(-1)?.type).toBe("response.completed");
    }
  });

  it("accumulates any answer to the terminal event's object, and the same output from the events alone", async () => {
    const anyText = fc.string({ unit: "binary", maxLength: 40 });
    const anyId = fc.constantFrom(undefined, null, "", "x_1", "x_2", "x_3");
    const anyStatus = fc.constantFrom(undefined, null, "completed", "incomplete");
    const anyPart = fc.oneof(
      fc.record({
        type: fc.constant("output_text"),
        text: anyText,
        annotations: maybe(fc.constant([])),
        logprobs: fc.constant(null),
      }),
      fc.record({ type: fc.constant("refusal"), refusal: anyText }),
    );
    const anyItem = fc.oneof(
      fc.record({
        type: fc.constant("message"),
        id: anyId,
        status: anyStatus,
        content: fc.oneof(anyText, fc.array(anyPart, { maxLength: 3 })),
      }),
      fc.record({
        type: fc.constant("reasoning"),
        id: anyId,
        status: anyStatus,
        summary: maybe(fc.array(fc.record({ type: fc.constant("summary_text"), text: anyText }), { maxLength: 2 })),
        content: fc.option(
          fc.array(fc.record({ type: fc.constant("reasoning_text"), text: anyText }), { maxLength: 2 }),
        ),
      }),
      fc.record({
        type: fc.constant("function_call"),
        id: anyId,
        call_id: anyId,
        name: anyText,
        arguments: fc.oneof(anyText, fc.dictionary(anyText, anyText)),
      }),
      fc.record({ type: fc.constant("custom_tool_call"), id: anyId, call_id: anyId, name: anyText, input: anyText }),
      fc.record({ type: fc.constantFrom("web_search_call", "shell_call", "mcp_call", "new_thing"), id: anyId }),
    );
    const anyAnswer = fc.record({
      id: anyId,
      status: fc.constantFrom(undefined, null, "completed", "incomplete", "failed", "cancelled"),
      output: fc.array(anyItem, { maxLength: 4 }),
      usage: fc.constantFrom(
        undefined,
        null,
        { prompt_tokens: 3 },
        { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (answer) => {
        const text = await replayText(answer);
        const events = readEvents(text);
        const last = events.at(-1);
        expect((await readWithOpenAI(text)).final).toEqual(last?.["response"]);

        const withoutEnd = `${text.slice(0, text.lastIndexOf("event: "))}data: [DONE]\n\n`;
        const { final } = await readWithOpenAI(withoutEnd);
        expect(last).toMatchObject({ response: { output: final["output"] } });
      }),
      { numRuns: 150 },
    );
  });
});

/** The recording is abridged: it has no [DONE]. */
function readEventsLeniently(text: string): ReturnType<typeof readEvents> {
  return readEvents(`${text}\n\ndata: [DONE]\n\n`);
}
