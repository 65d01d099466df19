import { describe, expect, it } from "vitest";
import { CallError, errorFromBody } from "../../console/api/call-error.ts";
import type { WireEvent } from "../../console/api/read-events.ts";
import { buildContext, buildMessage, readInput } from "../../console/chat/build-input.ts";
import { type Entry, readMessage, readReasoning } from "../../console/chat/entry.ts";
import { explainError } from "../../console/chat/explain-error.ts";
import { foldEvent } from "../../console/chat/fold-event.ts";
import { readUsage, Turn } from "../../console/chat/turn.ts";
import { describeGroup, groupEvents, matchesGroup } from "../../console/inspector/group-events.ts";
import { lastDays, roundUp, stackDays } from "../../console/overview/chart-data.ts";

function fold(events: readonly WireEvent[]): Entry[] {
  const entries: Entry[] = [];
  for (const [at, event] of events.entries()) foldEvent(entries, event, at);
  return entries;
}

function delta(text: string, content_index = 0): WireEvent {
  return { type: "response.output_text.delta", output_index: 0, content_index, delta: text };
}

describe("foldEvent", () => {
  it("grows a message by its deltas, and takes the whole item at its end", () => {
    const added = {
      type: "response.output_item.added",
      output_index: 0,
      item: { id: "m", type: "message", content: [] },
    };
    const [entry] = fold([added, delta("Hel"), delta("lo"), delta("Two", 1)]);
    expect(readMessage(entry?.item ?? {})).toBe("Hello\n\nTwo");
    expect(entry?.took).toBeUndefined();
    const item = { id: "m", type: "message", content: [{ type: "output_text", text: "Whole" }] };
    const [done] = fold([added, delta("Hel"), { type: "response.output_item.done", output_index: 0, item }]);
    expect(readMessage(done?.item ?? {})).toBe("Whole");
    expect(done?.took).toBe(2);
  });

  it.each([
    ["response.reasoning_summary_text.delta", "reasoning"],
    ["response.reasoning_text.delta", "reasoning"],
    ["response.reasoning.delta", "reasoning"],
  ])("reads %s, also of an item that was not announced", (type, kind) => {
    const [entry] = fold([
      { type, output_index: 0, delta: "Hm" },
      { type, output_index: 0, delta: "m" },
    ]);
    expect(entry?.type).toBe(kind);
    expect(readReasoning(entry?.item ?? {})).toBe("Hmm");
  });

  it("fills the arguments of calls, and follows a hosted call's progress", () => {
    const entries = fold([
      { type: "response.output_item.added", output_index: 0, item: { type: "mcp_call", name: "f", arguments: "" } },
      { type: "response.mcp_call_arguments.delta", output_index: 0, delta: '{"a":' },
      { type: "response.mcp_call_arguments.delta", output_index: 0, delta: "1}" },
      { type: "response.mcp_call.failed", output_index: 0 },
      { type: "response.web_search_call.searching", output_index: 4 },
      { type: "response.strange", output_index: 0 },
    ]);
    expect(entries).toHaveLength(1);
    expect(entries[0]?.item).toEqual({ type: "mcp_call", name: "f", arguments: '{"a":1}', status: "failed" });
  });

  it("collects citations", () => {
    const annotation = { type: "url_citation", url: "https://a.example" };
    const [entry] = fold([
      { type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "x" },
      { type: "response.output_text.annotation.added", output_index: 0, content_index: 0, annotation },
    ]);
    expect(entry?.item["content"]).toEqual([{ type: "output_text", text: "x", annotations: [annotation] }]);
  });
});

describe("the input of a request", () => {
  const image = { kind: "image", name: "a.png", bytes: 3, url: "data:image/png;base64,AAAA" } as const;
  const file = { kind: "file", name: "a.txt", bytes: 1, url: "data:text/plain;base64,YQ==" } as const;

  it("is plain text where that is all, and parts with files", () => {
    expect(buildMessage("hi", [])).toEqual({ role: "user", content: "hi" });
    const message = buildMessage("hi", [image, file]);
    expect(message["content"]).toEqual([
      { type: "input_image", image_url: image.url, detail: "auto" },
      { type: "input_file", filename: "a.txt", file_data: file.url },
      { type: "input_text", text: "hi" },
    ]);
    expect(readInput([message])).toEqual({ text: "hi", attachments: [{ ...image, name: "image" }, file] });
  });

  it("names what is kept, and brings what is not", () => {
    const input = [buildMessage("more", [])];
    expect(buildContext(input, undefined)).toEqual({ input: "more" });
    expect(buildContext(input, undefined, "conv_1")).toEqual({ conversation: "conv_1", input: "more" });
    const parent = new Turn(undefined, "resp_1");
    parent.input.value = [buildMessage("first", [])];
    parent.take({ id: "resp_1", status: "completed", output: [{ type: "message", content: "yes" }] });
    parent.state.value = "done";
    expect(buildContext(input, parent)).toEqual({
      input: [
        { role: "user", content: "first" },
        { type: "message", content: "yes" },
        { role: "user", content: "more" },
      ],
    });
    parent.isStored = true;
    expect(buildContext(input, parent)).toEqual({ previous_response_id: "resp_1", input: "more" });
  });

  it("brings of a stopped answer what was finished and what was said", () => {
    const parent = new Turn(undefined, "resp_1");
    parent.isStored = true;
    parent.entries.value = fold([
      { type: "response.output_item.done", output_index: 0, item: { type: "reasoning", summary: [] } },
      { type: "response.output_text.delta", output_index: 1, content_index: 0, delta: "Half" },
      { type: "response.function_call_arguments.delta", output_index: 2, delta: '{"a' },
    ]);
    parent.state.value = "stopped";
    expect(buildContext([], parent)).toEqual({
      input: [
        { type: "reasoning", summary: [] },
        { type: "message", content: [{ type: "output_text", text: "Half" }] },
      ],
    });
  });
});

describe("readUsage", () => {
  it("reads both ways of counting, and nothing of what does not count", () => {
    expect(readUsage({ input_tokens: 5, output_tokens: 6, input_tokens_details: { cached_tokens: 2 } })).toEqual({
      input: 5,
      output: 6,
      cached: 2,
      reasoning: 0,
    });
    expect(readUsage({ prompt_tokens: 1, completion_tokens: 2 })).toMatchObject({ input: 1, output: 2 });
    expect(readUsage({ input_tokens: "5" })).toBeUndefined();
  });
});

describe("an error", () => {
  it("is told in words, with when to try again", () => {
    const error = new CallError({ status: 429, code: "rate_limit_exceeded", message: "x", retryAfter: "12" });
    expect(explainError(error)).toEqual({
      title: "Too many requests",
      advice: "This key has used up its requests for the moment. Try again in 12 s.",
      remedy: "retry",
    });
  });

  it("names the setting that its param speaks of", () => {
    const error = errorFromBody(
      { error: { message: "Must be a number.", code: "invalid_type", param: "tools[0].name" } },
      { message: "" },
    );
    expect(explainError(error)).toEqual({
      title: "The Worker refused a tool",
      advice: "Must be a number.",
      remedy: "settings",
    });
  });

  it("keeps the API's own message where there is nothing better", () => {
    expect(explainError(new CallError({ status: 418, code: "teapot", message: "Short and stout." }))).toEqual({
      title: "This didn't work",
      advice: "Short and stout.",
      remedy: "retry",
    });
  });
});

function arrived(at: number, text: string, item_id = "m") {
  return { at, event: { type: "response.output_text.delta", item_id, delta: text } };
}

describe("groupEvents", () => {
  it("joins the deltas of one item, and goes on where it was", () => {
    const events = [
      arrived(1, "a"),
      arrived(2, "b"),
      arrived(3, "c", "n"),
      { at: 4, event: { type: "response.completed", response: { id: "r" } } },
    ];
    const groups = groupEvents([], events, 0);
    expect(groups.map((group) => describeGroup(group))).toEqual(["ab", "c", "r"]);
    events.push(arrived(5, "d"), arrived(6, "e"));
    expect(groupEvents(groups, events, 4)).toHaveLength(4);
    expect(groups[3]?.events).toHaveLength(2);
  });

  it("is found by its type, by its text across deltas, and by any field", () => {
    const [group] = groupEvents([], [arrived(1, "Hel"), arrived(2, "lo")], 0);
    if (group === undefined) throw new Error("no group");
    expect(matchesGroup(group, "output_text")).toBe(true);
    expect(matchesGroup(group, "hello")).toBe(true);
    expect(matchesGroup(group, '"item_id":"m"')).toBe(true);
    expect(matchesGroup(group, "nothing")).toBe(false);
  });
});

function row(date: string, model: string, tokens: number) {
  return { date, model, keyId: "k", requests: 1, failed: 0, tokens, cost: 0 };
}

describe("the chart", () => {
  const days = lastDays(new Date("2026-11-24T10:00:00Z"));
  it("has the last thirty days by UTC", () => {
    expect(days).toHaveLength(30);
    expect(days[0]).toBe("2026-10-26");
    expect(days[29]).toBe("2026-11-24");
  });

  it("stacks by name, the largest first, and tells the small ones together", () => {
    const rows = "abcdefg".split("").map((model, index) => row("2026-11-24", model, 100 - index * 10));
    const series = stackDays([...rows, row("2026-11-23", "a", 5), row("2020-01-01", "a", 999)], {
      days,
      measure: "tokens",
      nameOf: ({ model }) => model,
    });
    expect(series.map(({ name, total }) => [name, total])).toEqual([
      ["a", 105],
      ["b", 90],
      ["c", 80],
      ["d", 70],
      ["Other", 150],
    ]);
    expect(series[0]?.values.slice(-2)).toEqual([5, 100]);
  });

  it.each([
    [0, 1],
    [1, 1],
    [1.2, 2],
    [0.03, 0.05],
    [6400, 10_000],
  ])("ends its scale for %d at %d", (value, top) => {
    expect(roundUp(value)).toBeCloseTo(top, 10);
  });
});
