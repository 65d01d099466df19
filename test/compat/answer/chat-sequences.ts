/** Arbitrary answers of the chat branch, legal and broken, for property tests. */
import fc from "fast-check";
import { delta, sse } from "./chat-answer.ts";

/** One thing the model says, in the order it says it. */
type Stretch =
  | { kind: "reasoning" | "text" | "refusal"; pieces: string[] }
  /** `calls` grow side by side: `order` says whose piece comes next. */
  | { kind: "calls"; calls: { name: string; pieces: string[] }[]; order: number[] };

const piece = fc.string({ unit: "grapheme", maxLength: 8 });
const pieces = fc.array(piece, { minLength: 1, maxLength: 6 });

/** A call's arguments, none or JSON, cut anywhere but inside a character. */
const argumentPieces = fc
  .record({
    input: fc.string({ unit: "grapheme", maxLength: 20 }),
    size: fc.integer({ min: 1, max: 12 }),
    none: fc.boolean(),
  })
  .map(({ input, size, none }) => {
    if (none) return [""];
    const characters = Array.from(JSON.stringify({ input }));
    return Array.from({ length: Math.ceil(characters.length / size) }, (_, index) =>
      characters.slice(index * size, (index + 1) * size).join(""),
    );
  });

const prose: fc.Arbitrary<Stretch> = fc.record({
  kind: fc.constantFrom("reasoning" as const, "text" as const, "text" as const, "refusal" as const),
  pieces,
});

const calls: fc.Arbitrary<Stretch> = fc.record({
  kind: fc.constant("calls" as const),
  calls: fc.array(
    fc.record({
      name: fc.constantFrom("get_weather", "run_shell", "functions.get_weather", "never_offered"),
      pieces: argumentPieces,
    }),
    { minLength: 1, maxLength: 4 },
  ),
  order: fc.array(fc.nat({ max: 3 }), { maxLength: 16 }),
});

/** How a server words its chunks. */
const manner = fc.record({
  reasoningKey: fc.constantFrom("reasoning_content", "reasoning"),
  lineEnd: fc.constantFrom("\n", "\r\n"),
  role: fc.boolean(),
  nulls: fc.boolean(),
  comments: fc.boolean(),
  usage: fc.constantFrom("none", "with the reason", "after it", "split"),
  done: fc.boolean(),
});

type Manner = typeof manner extends fc.Arbitrary<infer Value> ? Value : never;

export const finishReasons = ["stop", "tool_calls", "length", "content_filter"] as const;

export interface LegalAnswer {
  chunks: object[];
  finishReason: (typeof finishReasons)[number];
  manner: Manner;
  /** All of each kind, joined. Of the calls, the arguments by index. */
  said: { reasoning: string; text: string; refusal: string; calls: string[] };
}

/** Any answer that a server may give. */
export const legalAnswer: fc.Arbitrary<LegalAnswer> = fc
  .record({
    stretches: fc.array(prose, { maxLength: 4 }),
    last: fc.option(calls, { nil: undefined }),
    finishReason: fc.constantFrom(...finishReasons),
    manner,
  })
  .map(({ stretches, last, finishReason, manner: how }) => {
    const body = [...stretches, ...(last === undefined ? [] : [last])].flatMap((stretch) => write(stretch, how));
    // A call that is announced has to come.
    const reason = finishReason === "tool_calls" && last === undefined ? "stop" : finishReason;
    const start = how.role ? [delta({ role: "assistant", content: "" })] : [];
    const join = (kind: string) =>
      stretches.flatMap((stretch) => (stretch.kind === kind && "pieces" in stretch ? stretch.pieces : [])).join("");
    return {
      chunks: [...start, ...body, ...end(reason, how)],
      finishReason: reason,
      manner: how,
      said: {
        reasoning: join("reasoning"),
        text: join("text"),
        refusal: join("refusal"),
        calls: last?.kind === "calls" ? last.calls.map((call) => call.pieces.join("")) : [],
      },
    };
  });

/** The answer as the text of an event stream. */
export function writeStream({ chunks, manner: how }: Pick<LegalAnswer, "chunks" | "manner">): string {
  const frames = chunks.map((chunk) => (how.comments ? `: ping\n\n${sse(chunk)}` : sse(chunk)));
  return [...frames, ...(how.done ? [sse("[DONE]")] : [])].join("").replaceAll("\n", how.lineEnd);
}

function write(stretch: Stretch, { reasoningKey, nulls }: Manner): object[] {
  const rest = nulls ? { content: null, refusal: null, reasoning_content: null, tool_calls: null } : {};
  switch (stretch.kind) {
    case "reasoning":
      return stretch.pieces.map((text) => delta({ ...rest, [reasoningKey]: text }));
    case "text":
      return stretch.pieces.map((content) => delta({ ...rest, content }));
    case "refusal":
      return stretch.pieces.map((refusal) => delta({ ...rest, refusal }));
    case "calls":
      return writeCalls(stretch);
    default:
      return stretch satisfies never;
  }
}

/** Each call's first piece comes with its name; then pieces by `order`, then what is left of each. */
function writeCalls({ calls: all, order }: Extract<Stretch, { kind: "calls" }>): object[] {
  const left = all.map((call) => [...call.pieces]);
  const chunks = all.map(({ name }, index) =>
    delta({ tool_calls: [{ index, id: `call-${index}`, type: "function", function: { name, arguments: "" } }] }),
  );
  const turns = [...order, ...all.flatMap((call, index) => call.pieces.map(() => index))];
  for (const turn of turns) {
    const index = turn % all.length;
    const next = left[index]?.shift();
    if (next !== undefined) chunks.push(delta({ tool_calls: [{ index, function: { arguments: next } }] }));
  }
  chunks.push(delta({ tool_calls: [{ index: 0, id: null, type: null, function: { name: null, arguments: null } }] }));
  return chunks;
}

const counts = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
const details = { prompt_tokens_details: { cached_tokens: 3 }, completion_tokens_details: { reasoning_tokens: 2 } };

function end(reason: string, { usage }: Manner): object[] {
  const last = delta({}, reason);
  switch (usage) {
    case "with the reason":
      return [{ ...last, usage: { ...counts, ...details } }];
    case "after it":
      return [last, { choices: [], usage: { ...counts, ...details } }];
    case "split":
      return [
        { ...last, usage: counts },
        { ...last, usage: { ...counts, ...details } },
      ];
    default:
      return [last];
  }
}

/** What makes a legal answer illegal: `at` is where, as a share of its chunks. */
export type Damage =
  | { kind: "cut off" }
  | { kind: "unknown reason"; reason: string }
  | { kind: "chunk"; at: number; text: string }
  | { kind: "connection lost"; at: number };

const wrongChunk = fc.constantFrom(
  "not JSON",
  '{"choices":[',
  "[]",
  "null",
  '"text"',
  "<html>502 Bad Gateway</html>",
  '{"choices":"none"}',
  '{"choices":[7]}',
  '{"choices":[{"delta":"text"}]}',
  '{"choices":[{"delta":{"content":7}}]}',
  '{"choices":[{"delta":{"reasoning_content":{}}}]}',
  '{"choices":[{"delta":{"tool_calls":{}}}]}',
  '{"choices":[{"delta":{"tool_calls":[null]}}]}',
  '{"choices":[{"delta":{"tool_calls":[{"function":"name"}]}}]}',
  '{"choices":[{"delta":{},"finish_reason":1}]}',
  '{"error":{"message":"secret","code":500}}',
  '{"error":"secret"}',
  '{"errors":[{"code":3040,"message":"secret"}],"success":false}',
  '{"internalCode":3007,"description":"secret"}',
  '{"object":"error","code":400,"message":"secret"}',
);

export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant("cut off" as const) }),
  fc.record({
    kind: fc.constant("unknown reason" as const),
    reason: fc.constantFrom("abort", "error", "Stop", "eos", "max_tokens"),
  }),
  fc.record({ kind: fc.constant("chunk" as const), at: fc.double({ min: 0, max: 1, noNaN: true }), text: wrongChunk }),
  fc.record({ kind: fc.constant("connection lost" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

/** The pieces of a damaged answer's stream. */
export function damageStream(answer: LegalAnswer, harm: Damage): (string | Error)[] {
  const { chunks, manner: how } = answer;
  const reasonAt = chunks.findIndex((chunk) =>
    JSON.stringify(chunk).includes(`"finish_reason":"${answer.finishReason}"`),
  );
  const writeSome = (some: object[]) => writeStream({ chunks: some, manner: how });
  switch (harm.kind) {
    case "cut off":
      return [writeSome(chunks.slice(0, reasonAt))];
    case "unknown reason":
      return [writeSome([...chunks.slice(0, reasonAt), delta({}, harm.reason)])];
    case "chunk": {
      const at = Math.floor(harm.at * chunks.length);
      const start = writeStream({ chunks: chunks.slice(0, at), manner: { ...how, done: false } });
      return [start, sse(harm.text), writeSome(chunks.slice(at))];
    }
    case "connection lost": {
      const start = writeStream({
        chunks: chunks.slice(0, Math.floor(harm.at * chunks.length)),
        manner: { ...how, done: false },
      });
      return [start, new Error("reset")];
    }
    default:
      return harm satisfies never;
  }
}
