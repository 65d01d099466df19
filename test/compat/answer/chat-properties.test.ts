import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Config } from "../../../src/config.ts";
import { foldEvents } from "../../../src/http/render-answer.ts";
import type { FunctionCallItem, MessageItem, ReasoningItem } from "../../../src/protocol/events.ts";
import { readEvents } from "../../support/read-events.ts";
import { readWithOpenAI } from "../../support/read-with-openai.ts";
import { answeredRequest, lastResponse, modelAnswer, nameIds, openAnswer, streamText } from "./chat-answer.ts";
import { damage, damageStream, legalAnswer, writeStream } from "./chat-sequences.ts";

/** A request with a tool of each kind; `random` settles the rest. */
const request = fc
  .record({
    reasoningStream: fc.constantFrom<Config["reasoningStream"][]>("summary", "text", "off"),
    toolCallForced: fc.boolean(),
  })
  .map((random) =>
    answeredRequest({
      tools: {
        get_weather: { kind: "function", name: "weather", namespace: "world" },
        run_shell: { kind: "custom", name: "shell" },
      },
      ...random,
    }),
  );

const terminal = {
  stop: "response.completed",
  tool_calls: "response.completed",
  length: "response.incomplete",
  content_filter: "response.incomplete",
} as const;

/** What the items of an output say, of each kind all. */
function said(output: unknown) {
  const items = output as readonly (MessageItem | ReasoningItem | FunctionCallItem)[];
  const parts: readonly { type: string }[] = items.flatMap<{ type: string }>((item) =>
    item.type === "message" || item.type === "reasoning" ? item.content : [],
  );
  const join = (key: "text" | "refusal", type: string) =>
    parts.map((part) => (part.type === type && key in part ? String(Reflect.get(part, key)) : "")).join("");
  return {
    reasoning: join("text", "reasoning_text"),
    text: join("text", "output_text"),
    refusal: join("refusal", "refusal"),
    calls: items.flatMap((item) => (item.type === "function_call" ? [item.arguments] : [])),
  };
}

describe("any legal answer", () => {
  it("ends as its finish reason says, with every character of it in the output", () =>
    fc.assert(
      fc.asyncProperty(legalAnswer, async (answer) => {
        const events = readEvents(await streamText(modelAnswer([writeStream(answer)])));
        expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, index) => index));
        const last = lastResponse(events);
        expect(last.type).toBe(terminal[answer.finishReason]);
        expect(said(last["output"])).toEqual({
          ...answer.said,
          // Arguments are never empty, unless they were cut off.
          calls: answer.said.calls.map((text) =>
            text.trim() === "" && last.type === "response.completed" ? `${text}{}` : text,
          ),
        });
      }),
      { numRuns: 200 },
    ));

  it("gives the same events wherever its bytes are cut", () =>
    fc.assert(
      fc.asyncProperty(
        legalAnswer,
        request,
        fc.array(fc.nat({ max: 4000 }), { maxLength: 20 }),
        async (answer, asked, cuts) => {
          const bytes = new TextEncoder().encode(writeStream(answer));
          const places = [
            0,
            ...cuts.map((cut) => cut % bytes.length).toSorted((one, other) => one - other),
            bytes.length,
          ];
          const pieces = places.slice(1).map((end, index) => bytes.slice(places[index], end));
          const whole = nameIds(await streamText(modelAnswer([bytes]), asked));
          expect(nameIds(await streamText(modelAnswer(pieces), asked))).toBe(whole);
        },
      ),
      { numRuns: 200 },
    ));

  it("is accumulated by openai-node to the Response of its last event, which is the JSON answer", () =>
    fc.assert(
      fc.asyncProperty(legalAnswer, request, async (answer, asked) => {
        const text = writeStream(answer);
        const streamed = await streamText(modelAnswer([text]), asked);
        const { final } = await readWithOpenAI(streamed);
        expect(final).toEqual(readEvents(streamed).at(-1)?.["response"]);

        const json = await foldEvents(openAnswer(modelAnswer([text]), asked));
        expect(nameIds(json)).toEqual(nameIds(final));
      }),
      { numRuns: 150 },
    ));
});

describe("any illegal answer", () => {
  it("ends in an error and response.failed, and shows nothing of upstream's words", () =>
    fc.assert(
      fc.asyncProperty(legalAnswer, damage, request, async (answer, harm, asked) => {
        const text = await streamText(modelAnswer(damageStream(answer, harm)), asked);
        const events = readEvents(text);
        expect(events.slice(-2).map(({ type }) => type)).toEqual(["error", "response.failed"]);
        expect(events.filter(({ type }) => /^response\.(completed|incomplete|failed)$/.test(type))).toHaveLength(1);
        expect(lastResponse(events)).toMatchObject({ status: "failed", completed_at: null });
        expect(text).not.toContain("secret");
      }),
      { numRuns: 300 },
    ));

  it("is an error in a JSON answer too", () =>
    fc.assert(
      fc.asyncProperty(legalAnswer, damage, request, async (answer, harm, asked) => {
        const folded = foldEvents(openAnswer(modelAnswer(damageStream(answer, harm)), asked));
        await expect(folded).rejects.toMatchObject({ name: "ApiError" });
      }),
      { numRuns: 100 },
    ));
});
