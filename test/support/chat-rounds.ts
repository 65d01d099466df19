import type { Answer, UpstreamCall } from "./scripted-upstream.ts";

/** What the model says in one round. */
export interface SpokenRound {
  reasoning?: string;
  text?: string;
  /** `[name, arguments]`, arguments as an object or as the text the model writes. */
  calls?: [string, object | string][];
  finish?: string;
  usage?: { prompt_tokens: number; completion_tokens: number };
}

/** Upstream's chat answer for a round: a stream or JSON, as it was asked for. */
export function say(round: SpokenRound): (call: UpstreamCall) => Answer {
  return (call) => answerRound(call, round);
}

function answerRound({ inputs }: UpstreamCall, round: SpokenRound): Answer {
  const { reasoning, text = "", calls = [], usage = { prompt_tokens: 10, completion_tokens: 5 } } = round;
  const finish = round.finish ?? (calls.length > 0 ? "tool_calls" : "stop");
  const tool_calls = calls.map(([name, given], index) => ({
    index,
    id: `chatcmpl-tool-${index}`,
    type: "function",
    function: { name, arguments: typeof given === "string" ? given : JSON.stringify(given) },
  }));
  const total = { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens };
  if (typeof inputs !== "object" || inputs === null || !("stream" in inputs)) {
    const message = { role: "assistant", content: text, reasoning_content: reasoning, tool_calls };
    return { body: JSON.stringify({ choices: [{ index: 0, message, finish_reason: finish }], usage: total }) };
  }
  const deltas = [
    ...(reasoning === undefined ? [] : [{ reasoning_content: reasoning }]),
    ...(text === "" ? [] : [{ content: text }]),
    ...tool_calls.flatMap((call) => {
      const half = Math.ceil(call.function.arguments.length / 2);
      return [
        {
          tool_calls: [{ ...call, function: { ...call.function, arguments: call.function.arguments.slice(0, half) } }],
        },
        { tool_calls: [{ index: call.index, function: { arguments: call.function.arguments.slice(half) } }] },
      ];
    }),
  ];
  const chunks = [
    ...deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] })),
    { choices: [{ index: 0, delta: {}, finish_reason: finish }] },
    { choices: [], usage: total },
  ];
  return {
    headers: { "content-type": "text/event-stream" },
    body: [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), "data: [DONE]\n\n"],
  };
}
