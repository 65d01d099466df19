import { isRecord, type JsonRecord } from "../../../src/protocol/json.ts";

/** One request of a recording. */
export interface Case {
  name: string;
  /** `worker`: as a client sends it. `bare`: to the model itself, by Cloudflare's REST API, past the Worker. */
  through: "worker" | "bare";
  /** The model's branch that answers. */
  branch: "responses" | "chat";
  /** Path below the Worker's address; "" for a bare call. */
  path: string;
  body: JsonRecord;
}

/** One answer as it came, with the time of each piece. */
export interface Recording extends Case {
  status: number;
  contentType: string;
  /** Milliseconds since the request was sent, and what came then. */
  chunks: readonly (readonly [number, string])[];
}

const hello = "Say hello in one word.";
const weather = "What is the weather in Prague? Call get_weather to find out.";
const long = "Write 60 sentences about the sea, numbered.";
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const schema = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const description = "Tells the current weather in a city.";

const responsesTool = { type: "function", name: "get_weather", description, strict: false, parameters };
const chatTool = { type: "function", function: { name: "get_weather", description, parameters } };
const text = { format: { type: "json_schema", name: "city", schema } };
const chatFormat = { type: "json_schema", json_schema: { name: "city", schema } };

const responses: Record<string, JsonRecord> = {
  json: { input: hello },
  stream: { input: hello, stream: true },
  "tool-stream": { input: weather, tools: [responsesTool], stream: true },
  structured: { input: "Name the capital of France.", text },
};

const chat: Record<string, JsonRecord> = {
  json: { messages: [{ role: "user", content: hello }] },
  stream: { messages: [{ role: "user", content: hello }], stream: true },
  "tool-stream": { messages: [{ role: "user", content: weather }], tools: [chatTool], stream: true },
  structured: { messages: [{ role: "user", content: "Name the capital of France." }], response_format: chatFormat },
  "long-stream": { messages: [{ role: "user", content: long }], stream: true, max_tokens: 1_500 },
};

/** More tokens than any model has, so that upstream says how it refuses. */
const tooMuch = { input: hello, max_output_tokens: 100_000_000 };

/** What is asked: both modes through the Worker, and with an account both branches past it. */
export function listCases({ model, withBare }: { model: string; withBare: boolean }): Case[] {
  const names = Object.entries(responses);
  return [
    ...names.map(([name, body]) => askWorker("native", name, { model, ...body })),
    askWorker("native", "error", { model, ...tooMuch }),
    ...names.map(([name, body]) => askWorker("compat", name, { model, ...body })),
    askWorker("compat", "long-stream", { model, input: long, stream: true, max_output_tokens: 1_500 }),
    ...(withBare ? listBareCases() : []),
  ];
}

function listBareCases(): Case[] {
  return [
    ...Object.entries(responses).map(([name, body]) => askModel("responses", name, body)),
    askModel("responses", "error", tooMuch),
    ...Object.entries(chat).map(([name, body]) => askModel("chat", name, body)),
  ];
}

function askWorker(mode: "native" | "compat", name: string, body: JsonRecord): Case {
  const isNative = mode === "native";
  return {
    name: `${mode}-${name}`,
    through: "worker",
    branch: isNative ? "responses" : "chat",
    path: isNative ? "/ai/v1/responses" : "/openai/v1/responses",
    body: { store: false, reasoning: { effort: "low" }, max_output_tokens: 400, ...body },
  };
}

function askModel(branch: "responses" | "chat", name: string, body: JsonRecord): Case {
  const bounds = branch === "responses" ? { reasoning: { effort: "low" } } : { max_tokens: 400 };
  return { name: `bare-${branch}-${name}`, through: "bare", branch, path: "", body: { ...bounds, ...body } };
}

/** The whole body of an answer. */
export function readBody({ chunks }: Pick<Recording, "chunks">): string {
  return chunks.map(([, piece]) => piece).join("");
}

/**
 * The JSON of an answer, or the data of its events; what is no JSON is left out. The REST API wraps JSON in an envelope,
 * which is taken off.
 */
export function readDocuments(recording: Pick<Recording, "chunks" | "contentType">): JsonRecord[] {
  const body = readBody(recording);
  const texts = recording.contentType.startsWith("text/event-stream")
    ? body.split(/\r?\n/).flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []))
    : [body];
  return texts.map(parse).filter(isRecord).map(unwrap);
}

function unwrap(document: JsonRecord): JsonRecord {
  const { result } = document;
  return isRecord(result) && document["success"] === true ? result : document;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
