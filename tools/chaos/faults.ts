/** What upstream does to a request, and how the request may end. */
import { setTimeout as sleep } from "node:timers/promises";
import { cutBytes } from "../../test/support/cut-bytes.ts";
import type { Script } from "../../test/support/scripted-upstream.ts";
import { createRandom } from "./random.ts";

/** One request of a storm. All that happens to it follows from this. */
export interface Plan {
  /** Names the request: in its input, in its answer, and in the id of a stored response. */
  mark: string;
  /** Which Worker is asked: one that keeps nothing, or one that stores every response. */
  worker: "plain" | "storing";
  fault: FaultName;
  client: "plain" | "slow reader" | "leaves";
  seed: number;
}

/** `whole`: the expected bytes, all of them. `broken`: visibly incomplete. `refused`: an error envelope. `left`: the client went. */
export type Ending = "whole" | "broken" | "refused" | "left";

interface Fault {
  stream: boolean;
  /** How a client that stays may see it end. */
  endings: readonly Ending[];
  /** Status and code of a refusal. */
  refusal?: { status: number; code: string };
  script(plan: Plan): Script;
  /** The body of a whole answer. */
  body(plan: Plan): Buffer;
}

const json = { "content-type": "application/json" };
const eventStream = { "content-type": "text/event-stream" };

export function responseId({ mark }: Plan): string {
  return `resp_${mark}`;
}

export function renderResponse(plan: Plan): object {
  return {
    id: responseId(plan),
    object: "response",
    created_at: 1_781_669_946,
    status: "completed",
    error: null,
    incomplete_details: null,
    model: "@cf/openai/gpt-oss-20b",
    output: [
      {
        id: `msg_${plan.mark}`,
        type: "message",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: `This answers ${plan.mark}.`, annotations: [], logprobs: [] }],
      },
    ],
  };
}

function jsonBody(plan: Plan): Buffer {
  return Buffer.from(JSON.stringify(renderResponse(plan)));
}

/** `first` is the text of the first delta. */
function streamBody(plan: Plan, first = " token"): Buffer {
  const response = renderResponse(plan);
  const events = [
    { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
    ...Array.from({ length: 20 }, (_, index) => ({
      type: "response.output_text.delta",
      delta: index === 0 ? first : " token",
      mark: plan.mark,
    })),
    { type: "response.completed", response },
  ];
  return Buffer.from(
    events
      .map(
        (event, sequence_number) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`,
      )
      .join(""),
  );
}

/** A place somewhere within the bytes, the first and the last one not included. */
function cutOff(bytes: Buffer, seed: number): Buffer {
  return bytes.subarray(0, 1 + createRandom(seed).below(bytes.length - 1));
}

/** Pieces from one byte to two thousand, with a pause after each. */
async function* cutAnyhow(bytes: Buffer, seed: number): AsyncGenerator<Uint8Array> {
  const random = createRandom(seed);
  let rest = bytes;
  while (rest.length > 0) {
    const size = random.pick([1, 2, 5, 40, 300, 2_000]);
    yield rest.subarray(0, size);
    rest = rest.subarray(size);
    await sleep(1);
  }
}

const noBody = (): Buffer => Buffer.alloc(0);
const upstreamBroke = { status: 502, code: "upstream_error" };
const streamBroke = { status: 502, code: "upstream_stream_broken" };
const noAnswer = { status: 502, code: "upstream_invalid_response" };

export const faults = {
  JSON: {
    stream: false,
    endings: ["whole"],
    script: (plan) => ({ headers: json, body: jsonBody(plan) }),
    body: jsonBody,
  },
  "a stream": {
    stream: true,
    endings: ["whole"],
    script: (plan) => ({
      headers: eventStream,
      body: cutAnyhow(streamBody(plan), plan.seed),
    }),
    body: streamBody,
  },
  "hangs before headers": {
    stream: true,
    endings: ["refused"],
    refusal: { status: 504, code: "upstream_timeout" },
    script: () => "hang",
    body: noBody,
  },
  "hangs mid-stream": {
    stream: true,
    endings: ["left"],
    script: (plan) => ({ headers: eventStream, body: [streamBody(plan).subarray(0, 700)], ending: "hang" }),
    body: streamBody,
  },
  "resets before headers": {
    stream: false,
    endings: ["refused"],
    refusal: upstreamBroke,
    script: () => "reset",
    body: noBody,
  },
  "resets amid JSON": {
    stream: false,
    endings: ["refused"],
    refusal: streamBroke,
    script: (plan) => ({
      headers: json,
      body: cutBytes(cutOff(jsonBody(plan), plan.seed), { size: 100, pauseMs: 2 }),
      ending: "reset",
    }),
    body: jsonBody,
  },
  "resets amid a stream": {
    stream: true,
    endings: ["broken", "refused"],
    refusal: upstreamBroke,
    script: (plan) => ({
      headers: eventStream,
      body: cutBytes(cutOff(streamBody(plan), plan.seed), { size: 500, pauseMs: 2 }),
      ending: "reset",
    }),
    body: streamBody,
  },
  "drips a byte a second": {
    stream: false,
    endings: ["whole"],
    script: () => ({ headers: json, body: cutBytes("[1]", { size: 1, pauseMs: 1_000 }) }),
    body: () => Buffer.from("[1]"),
  },
  "sends garbage as JSON": {
    stream: false,
    endings: ["whole"],
    script: ({ seed }) => ({ headers: json, body: createRandom(seed).bytes(2_000) }),
    body: ({ seed }) => createRandom(seed).bytes(2_000),
  },
  "sends garbage as a stream": {
    stream: true,
    endings: ["whole"],
    script: ({ seed }) => ({ headers: eventStream, body: cutBytes(createRandom(seed).bytes(2_000), { size: 333 }) }),
    body: ({ seed }) => createRandom(seed).bytes(2_000),
  },
  "sends garbage for a stream to be made of": {
    stream: true,
    endings: ["refused"],
    refusal: noAnswer,
    script: ({ seed }) => ({ headers: json, body: createRandom(seed).bytes(2_000) }),
    body: noBody,
  },
  "sends an event of 5 MB": {
    stream: true,
    endings: ["whole"],
    script: (plan) => ({ headers: eventStream, body: streamBody(plan, "x".repeat(5_000_000)) }),
    body: (plan) => streamBody(plan, "x".repeat(5_000_000)),
  },
  "sends a page": {
    stream: true,
    endings: ["refused"],
    refusal: noAnswer,
    script: () => ({ headers: { "content-type": "text/html" }, body: "<html>sk-inside</html>" }),
    body: noBody,
  },
  "says 200 with an error": {
    stream: true,
    endings: ["refused"],
    refusal: noAnswer,
    script: () => ({ headers: json, body: '{"internalCode":3040,"description":"sk-inside"}' }),
    body: noBody,
  },
  "is out of capacity": {
    stream: true,
    endings: ["refused"],
    refusal: { status: 429, code: "out_of_capacity" },
    script: () => ({ status: 429, headers: json, body: '{"internalCode":3040,"description":"sk-inside"}' }),
    body: noBody,
  },
  "fails with any code": {
    stream: false,
    endings: ["refused"],
    script({ seed }) {
      const [code, status] = createRandom(seed).pick(codes);
      return {
        status,
        headers: json,
        body: JSON.stringify({ errors: [{ code, message: "sk-inside" }], success: false }),
      };
    },
    body: noBody,
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

/** Workers AI's codes and their status (developers.cloudflare.com/workers-ai/platform/errors), and one it has not. */
const codes = [
  [5007, 400],
  [5004, 400],
  [5006, 400],
  [3039, 400],
  [3003, 400],
  [5018, 403],
  [5016, 403],
  [3023, 403],
  [3041, 403],
  [3042, 404],
  [5019, 405],
  [5005, 405],
  [3007, 408],
  [3008, 408],
  [3006, 413],
  [3036, 429],
  [3040, 429],
  [3043, 504],
  [9999, 500],
] as const;

export function faultOf(plan: Plan): Fault {
  return faults[plan.fault];
}

export const faultNames = Object.keys(faults).filter((name): name is FaultName => name in faults);
