import { expect } from "vitest";
import { isRecord } from "../../src/protocol/json.ts";
import { judgeEvents } from "./openai-schemas.ts";
import { readEvents } from "./read-events.ts";
import { readWithOpenAI } from "./read-with-openai.ts";

type Events = ReturnType<typeof readEvents>;

/**
 * Reads a stream's events, and holds each against OpenAI's OpenAPI document. Of a completed Response openai-node has to put
 * together the output that it has: without the output in the last event it gives its own.
 */
export async function readJudgedEvents(text: string): Promise<Events> {
  const events = readEvents(text);
  expect(judgeEvents(events)).toEqual([]);
  const last = events.at(-1);
  const response = last?.["response"];
  if (last?.type !== "response.completed" || !isRecord(response)) return events;
  const { output, ...rest } = response;
  const body = [...events.slice(0, -1), { ...last, response: rest }]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
  const { final } = await readWithOpenAI(body);
  expect(final["output"]).toEqual(output);
  return events;
}
