import { EventSourceParserStream } from "eventsource-parser/stream";
import { isRecord, type JsonRecord, readCount, readText } from "../../src/protocol/json.ts";
import { Failure } from "./finding.ts";
import { explain, readObject, send, type Target } from "./send.ts";

const path = "/v1/responses";
const method = "POST";
/** Enough for the reasoning of a small question; little enough to cost nothing to speak of. */
const bounds = { max_output_tokens: 400, reasoning: { effort: "low" } };
/** Only what the check of state looks up, and deletes, is stored. */
const unstored = { ...bounds, store: false };

/** A plain answer. Returns what was seen, and the id for the checks of state. */
export async function checkJson(target: Target): Promise<{ saw: string; id: string }> {
  const answer = await send(target, { path, method, body: { ...bounds, input: "Say hello in one word." } });
  const response = await readObject(answer, target.seconds);
  const text = findItems(response, "message")
    .flatMap((message) => (Array.isArray(message["content"]) ? message["content"] : []))
    .map((part: unknown) => (isRecord(part) ? readText(part["text"]) : ""))
    .join("");
  if (text === "") {
    throw new Failure(
      `a Response without text, status ${readText(response["status"]) || "unknown"}`,
      "Ask again. If it stays, the model's reasoning may eat max_output_tokens, or MODE does not suit the model.",
    );
  }
  const usage = isRecord(response["usage"]) ? response["usage"] : {};
  const tokens = readCount(usage["total_tokens"], readCount(usage["input_tokens"]) + readCount(usage["output_tokens"]));
  return { saw: `${text.length} characters, ${tokens} tokens`, id: readText(response["id"]) };
}

/** How much later than the Worker began its answer a stream may arrive, and in how short a time, in milliseconds. */
const held = { lateBy: 500, within: 100 };

/** A stream, event by event: whether it is whole, and whether it comes as it is made. */
export async function checkStream(target: Target): Promise<string> {
  const startedAt = performance.now();
  const answer = await send(target, {
    path,
    method,
    body: { ...unstored, input: "Count from one to thirty, in words.", stream: true },
  });
  const type = answer.headers.get("content-type") ?? "nothing";
  if (!type.startsWith("text/event-stream") || answer.body === null) {
    throw new Failure(`${type} in place of an event stream`, "Look for a proxy that rewrites answers.");
  }
  const times: number[] = [];
  let last = "";
  try {
    const events = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { data } of events) {
      times.push(performance.now() - startedAt);
      if (data !== "[DONE]") last = readType(data);
    }
  } catch (error) {
    if (target.signal.aborted) throw explain(error, target.seconds);
    throw broken(times.length, last);
  }
  if (last !== "response.completed" && last !== "response.incomplete") throw broken(times.length, last);
  const first = times[0] ?? 0;
  const end = times.at(-1) ?? 0;
  const beganAt = readBeginning(answer.headers.get("server-timing"));
  if (beganAt !== undefined && first - beganAt > held.lateBy && end - first < held.within) {
    throw new Failure(
      `${times.length} events at once, ${Math.round(first - beganAt)} ms after the Worker began its answer`,
      "A proxy holds the stream back. Turn its buffering off for this path (nginx: proxy_buffering off).",
    );
  }
  const pace = end - first < held.within ? "all at once" : `over ${Math.round(end - first)} ms`;
  return `${times.length} events, the first after ${Math.round(first)} ms, ${pace}`;
}

function broken(count: number, last: string): Failure {
  return new Failure(
    `the stream broke off after ${count} events (${last || "none"})`,
    "Ask again. If it stays, look at the Worker's log and at proxies that end long connections.",
  );
}

function readType(data: string): string {
  try {
    const event: unknown = JSON.parse(data);
    return isRecord(event) ? readText(event["type"]) : "";
  } catch {
    return "an event that is not JSON";
  }
}

/** Milliseconds until the Worker began its answer, by its own clock: `upstream;dur=340, proxy;dur=2`. */
function readBeginning(timing: string | null): number | undefined {
  const parts = [...(timing ?? "").matchAll(/;dur=(\d+)/g)].map((match) => Number(match[1]));
  return parts.length === 2 ? parts.reduce((sum, part) => sum + part, 0) : undefined;
}

const weatherTool = {
  type: "function",
  name: "get_weather",
  description: "Tells the current weather in a city.",
  strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

/** Whether the model calls a tool it is offered, with arguments that are JSON. */
export async function checkToolCall(target: Target): Promise<string> {
  const input = "What is the weather in Prague? Call get_weather to find out.";
  const answer = await send(target, { path, method, body: { ...unstored, input, tools: [weatherTool] } });
  const [call] = findItems(await readObject(answer, target.seconds), "function_call");
  if (call === undefined) {
    throw new Failure("the model did not call the tool", "Ask again. If it stays, try MODE=compat or another model.");
  }
  const words = readText(call["arguments"]);
  try {
    if (isRecord(JSON.parse(words))) return `${readText(call["name"])}(${words.slice(0, 60)})`;
  } catch {
    // As bad as JSON that is no object.
  }
  throw new Failure("the arguments of the tool call are not JSON", "Ask again. If it stays, try MODE=compat.");
}

function findItems(response: JsonRecord, type: string): JsonRecord[] {
  const items: unknown[] = Array.isArray(response["output"]) ? response["output"] : [];
  return items.filter(isRecord).filter((item) => item["type"] === type);
}

/** Whether a stored answer comes back, can be continued, and is gone once it is deleted. */
export async function checkState(target: Target, id: string): Promise<string> {
  const stored = `${path}/${encodeURIComponent(id)}`;
  const found = await readObject(await send(target, { path: stored }), target.seconds);
  if (found["id"] !== id) throw new Failure("another response came back", "Report it: this must not happen.");
  const body = { ...unstored, input: "And once more.", previous_response_id: id };
  await readObject(await send(target, { path, method, body }), target.seconds);
  await readObject(await send(target, { path: stored, method: "DELETE" }), target.seconds);
  return "stored, read, continued, deleted";
}
