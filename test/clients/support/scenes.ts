import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { inputsOf } from "./read-calls.ts";
import type { World } from "./start-world.ts";

/** The model that every client asks for. */
export const modelName = "@cf/openai/gpt-oss-20b";

/** The tool of the round trips. */
export const weather = {
  name: "get_weather",
  description: "The weather in a city.",
  schema: z.object({ city: z.string() }),
  answer: (city: string) => `sunny in ${city}`,
};

/** The model's call of that tool. */
export function askWeather(city: string) {
  return { name: weather.name, arguments: { city } };
}

/** What structured output is asked for, and the answer. */
export const citySchema = z.object({ city: z.string(), inhabitants: z.number() });
export const city = { city: "Paris", inhabitants: 2_100_000 };

/** Upstream was asked for that schema, strictly, whatever else the client's way of writing schemas adds to it. */
export function assertAskedForCity(upstream: ScriptedUpstream): void {
  const { response_format: format } = inputsOf(upstream)[0] as { response_format: WireFormat };
  assert.equal(format.type, "json_schema");
  const { strict, schema } = format.json_schema;
  assert.deepEqual([strict, schema.type, schema.required], [true, "object", ["city", "inhabitants"]]);
}

interface WireFormat {
  type: string;
  json_schema: { strict: boolean; schema: { type: string; required: string[] } };
}

/** The conversations upstream must have seen after each round trip. */
export const oneRoundTrip = [
  "user: Weather in Paris?",
  "assistant thinks: Look it up.",
  'assistant calls #1: get_weather {"city":"Paris"}',
  "tool #1: sunny in Paris",
];
export const twoRoundTrips = [
  "user: Weather in Paris and Rome?",
  "assistant thinks: Look both up.",
  'assistant calls #1: get_weather {"city":"Paris"}',
  'assistant calls #2: get_weather {"city":"Rome"}',
  "tool #1: sunny in Paris",
  "tool #2: sunny in Rome",
];

/** What a second question carries of the first turn. */
export const secondTurn = ["user: I am Ann.", "assistant thinks: A name.", "assistant: Hello Ann.", "user: Who am I?"];

/** All that was said when the second question has been answered. */
export const twoTurns = [...secondTurn, "assistant thinks: Easy.", "assistant: Ann."];

/** How `reasoning.effort: "enormous"` is refused. */
export const refusal = {
  message: "The field `reasoning.effort` must be one of: none, minimal, low, medium, high, xhigh, max.",
  /** `type`, `param` and `code`. */
  fields: ["invalid_request_error", "reasoning.effort", "invalid_value"],
};

/** `message`, `type` and `code` of the failure when upstream leaves in the middle of its answer. */
export const broken = [
  "The model's answer broke off. Send the request again.",
  "server_error",
  "upstream_stream_broken",
];

/** What the model thinks and says to a sum, and the pieces in which its thought comes. */
export const sum = { reasoning: "Two and two.", text: "Four." };
export const thoughts = ["Two", " and", " two", "."];

/** A case whose turns all have to go over a WebSocket: `turns` of them, warm-ups and what is refused included. */
export function overWebSocket(world: World, turns: number, run: () => Promise<void>): () => Promise<void> {
  return async () => {
    const before = world.countTurns();
    await run();
    const expected = { http: before.http, websocket: before.websocket + turns };
    // The last line comes after the answer.
    for (let waited = 0; waited < 20 && world.countTurns().websocket < expected.websocket; waited += 1) await sleep(50);
    assert.deepEqual(world.countTurns(), expected);
  };
}

/** Upstream's last call ended because this side left. A leak would be money: the model would write to its limit. */
export async function assertLeft(upstream: ScriptedUpstream): Promise<void> {
  const { outcome } = (await upstream.calls.at(-1)?.closed) ?? {};
  assert.equal(outcome, "aborted");
}
