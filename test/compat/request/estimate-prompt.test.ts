import { describe, expect, it } from "vitest";
import { estimatePrompt } from "../../../src/compat/request/estimate-prompt.ts";
import { estimateTokens } from "../../../src/protocol/estimate-tokens.ts";
import type { JsonRecord } from "../../../src/protocol/json.ts";
import recordedCall from "../../fixtures/upstream/chat-tool-call.request.json";
import recordedAnswer from "../../fixtures/upstream/vllm-responses.json";
import { convert } from "./convert.ts";

async function estimate(document: JsonRecord) {
  const { inputs } = await convert(document);
  return estimatePrompt(inputs);
}

describe("estimated prompt", () => {
  it("is near what vLLM counted for a recorded message", async () => {
    const counted = recordedAnswer.usage.input_tokens;
    expect(await estimate({ input: "Reply with exactly one word: HELLO" })).toBeCloseTo(counted, -1);
    expect(counted).toBe(75);
  });

  it("is near what Workers AI counted for a recorded call with a tool", async () => {
    const [system, user] = recordedCall.messages;
    const tools = recordedCall.tools.map((tool) => Object.assign({ type: "function" }, tool.function));
    // `usage.prompt_tokens` in chat-tool-call.sse
    expect(Math.abs((await estimate({ input: [system, user], tools })) - 136)).toBeLessThan(8);
  });

  it("counts an unanswered chain of thought and leaves out those of answered turns", async () => {
    const reasoning = { type: "reasoning", content: [{ type: "reasoning_text", text: "thinking ".repeat(1_000) }] };
    const question = { role: "user", content: "And now?" };
    const open = await estimate({ input: [question, reasoning] });
    const closed = await estimate({ input: [question, reasoning, { role: "assistant", content: "So." }, question] });
    expect(open).toBeGreaterThan(1_000);
    expect(closed).toBeLessThan(120);
  });
});

/** Counted with the o200k_base vocabulary (gpt-tokenizer 4). */
const counted = [
  ["", 0],
  ["Hello", 1],
  ["The quick brown fox jumps over the lazy dog.", 10],
  ['{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}', 19],
  ["const answer = await convertRequest({ document, model });\n\nreturn answer;\n", 14],
  ["Donaudampfschifffahrtsgesellschaft hat heute 12.345 Tonnen geladen.", 20],
  ["Съешь же ещё этих мягких французских булок, да выпей чаю.", 19],
  ["敏捷的棕色狐狸跳过了懒狗，然后又跑回家去睡觉。", 22],
] as const;

describe("estimated tokens", () => {
  it.each(counted)("of %j are near %i", (text, tokens) => {
    const estimated = estimateTokens(text);
    expect(Math.abs(estimated - tokens)).toBeLessThanOrEqual(Math.max(2, tokens * 0.25));
  });

  it("are counted in one pass, whatever the text", () => {
    for (const unit of ["a", "A", "aA", "1", " ", "\n", "#", "é", "字", "\u{1f600}", "\ud800"]) {
      expect(estimateTokens(unit.repeat(200_000))).toBeGreaterThan(0);
    }
  });
});
