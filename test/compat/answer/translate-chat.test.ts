import { describe, expect, it } from "vitest";
import recorded from "../../fixtures/upstream/chat-tool-call.sse?raw";
import { readEvents } from "../../support/read-events.ts";
import { readWithOpenAI } from "../../support/read-with-openai.ts";
import { answeredRequest, lastResponse, modelAnswer, nameIds, streamText } from "./chat-answer.ts";

const weather = answeredRequest({
  tools: { get_weather: { kind: "function", name: "get_weather" } },
  toolChoice: { type: "function", function: { name: "get_weather" } },
  toolCallForced: true,
});

const recordedOutput = [
  {
    id: "rs_1",
    type: "reasoning",
    status: "completed",
    summary: [],
    content: [{ type: "reasoning_text", text: 'We need to call the function get_weather with city "Paris".' }],
  },
  {
    id: "fc_2",
    type: "function_call",
    status: "completed",
    call_id: "chatcmpl-tool-ed7127682c90443da222d0f8c607b5d5",
    name: "get_weather",
    arguments: '{"city":"Paris"}',
  },
];

describe("the stream recorded from Workers AI", () => {
  it("becomes the events of a function call", async () => {
    const events = nameIds(readEvents(await streamText(modelAnswer([recorded]), weather)));
    expect(events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.output_item.done",
      "response.output_item.added",
      ...Array.from({ length: 5 }, () => "response.function_call_arguments.delta"),
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(lastResponse(events)).toMatchObject({
      status: "completed",
      error: null,
      incomplete_details: null,
      output: recordedOutput,
      usage: {
        input_tokens: 136,
        input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        output_tokens: 37,
        output_tokens_details: { reasoning_tokens: 14 },
        total_tokens: 173,
      },
    });
  });

  it("gives the same events wherever its bytes are cut", async () => {
    const bytes = new TextEncoder().encode(recorded);
    const whole = nameIds(await streamText(modelAnswer([recorded]), weather));
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      expect(nameIds(await streamText(modelAnswer(pieces), weather))).toBe(whole);
    }
  });

  it("is accumulated by openai-node to the Response of its last event", async () => {
    const text = await streamText(modelAnswer([recorded]), weather);
    const { final } = await readWithOpenAI(text);
    expect(final).toEqual(readEvents(text).at(-1)?.["response"]);
  });
});
