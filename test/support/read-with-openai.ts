import OpenAI from "openai";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";

export interface OpenAIReading {
  /** Every event the client handed to its caller, in order. */
  events: ResponseStreamEvent[];
  /** The Response the client accumulated, less the fields it adds itself. */
  final: Record<string, unknown>;
}

/** Reads an event-stream body with openai-node's `responses.stream()`: its parser, its accumulator, its errors. */
export async function readWithOpenAI(body: ConstructorParameters<typeof Response>[0]): Promise<OpenAIReading> {
  const client = new OpenAI({
    apiKey: "test",
    baseURL: "http://upstream.test/v1",
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } })),
  });
  const stream = client.responses.stream({ model: "gpt-oss-20b", input: "Say hello." });
  const events: ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return { events, final: dropClientFields(await stream.finalResponse()) };
}

/** openai-node adds `output_text`, `output_parsed`, `parsed` and `parsed_arguments` to what came over the wire. */
function dropClientFields(response: object): Record<string, unknown> {
  const text = JSON.stringify(response, (key, value: unknown) =>
    ["output_text", "output_parsed", "parsed", "parsed_arguments"].includes(key) && typeof value !== "undefined"
      ? undefined
      : value,
  );
  return JSON.parse(text) as Record<string, unknown>;
}
