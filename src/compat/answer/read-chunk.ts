import { isRecord, type JsonRecord, readCount, readText } from "../../protocol/json.ts";
import { invalidAnswer, mapError } from "../../workers-ai/errors.ts";

/** A piece of one tool call. What a chunk leaves out is empty. */
export interface CallFragment {
  /** Which call of the answer it belongs to. */
  index: number;
  id: string;
  name: string;
  arguments: string;
  /** The arguments came as an object: nothing of this call follows. */
  whole: boolean;
}

/** One chunk of a chat completion, whatever shape it came in. What it leaves out is empty or undefined. */
export interface ChatChunk {
  reasoning: string;
  text: string;
  refusal: string;
  logprobs: readonly unknown[];
  calls: readonly CallFragment[];
  finishReason: string | undefined;
  /** As counted by upstream so far. */
  usage: JsonRecord | undefined;
  /** Of the shape that knows no finish reason. */
  legacy: boolean;
}

const none: readonly never[] = [];

const emptyChunk: ChatChunk = {
  reasoning: "",
  text: "",
  refusal: "",
  logprobs: none,
  calls: none,
  finishReason: undefined,
  usage: undefined,
  legacy: false,
};

/**
 * Reads one parsed chunk of the chat branch. A whole chat completion is read as one chunk that says everything.
 *
 *   {"choices":[{"delta":{"content":"…","reasoning_content":"…","tool_calls":[…]},"finish_reason":null}],"usage":{…}}
 *   {"choices":[{"message":{…},"finish_reason":"stop"}],"usage":{…}}
 *   {"response":"…","tool_calls":[{"name":"…","arguments":{…}}],"usage":{…}}      the older models of Workers AI
 *
 * Objects of no known shape are empty chunks: an answer is only taken for whole when it says how it ended. `isErrorEvent`:
 * it came as an event of type `error`, so it is one, whatever its shape.
 * @throws {ApiError} what an error chunk says, or 502 `upstream_invalid_response` for fields of a wrong kind
 */
export function readChunk(value: unknown, isErrorEvent = false): ChatChunk {
  if (!isRecord(value)) throw invalidAnswer("a chunk is not an object");
  refuseError(value, isErrorEvent);
  const { choices } = value;
  const usage = isRecord(value["usage"]) ? value["usage"] : undefined;
  if (choices === undefined || choices === null) return readLegacy(value, usage);
  if (!Array.isArray(choices)) throw invalidAnswer("a chunk's choices are not an array");
  const choice: unknown = choices[0];
  if (choice === undefined) return { ...emptyChunk, usage };
  if (!isRecord(choice)) throw invalidAnswer("a chunk's choice is not an object");

  const delta = choice["delta"] ?? choice["message"] ?? {};
  if (!isRecord(delta)) throw invalidAnswer("a chunk's delta is not an object");
  return {
    reasoning: optionalText(delta, "reasoning_content") || optionalText(delta, "reasoning"),
    text: optionalText(delta, "content"),
    refusal: optionalText(delta, "refusal"),
    logprobs: readLogprobs(choice["logprobs"]),
    calls: readCalls(delta["tool_calls"]),
    finishReason: optionalText(choice, "finish_reason") || undefined,
    usage,
    legacy: false,
  };
}

function readLegacy(value: JsonRecord, usage: JsonRecord | undefined): ChatChunk {
  const { response, tool_calls: calls } = value;
  if (response === undefined && calls === undefined) return { ...emptyChunk, usage };
  return {
    ...emptyChunk,
    text: readLegacyText(response),
    calls: readCalls(calls),
    finishReason: optionalText(value, "finish_reason") || undefined,
    usage,
    legacy: true,
  };
}

/** A model that was held to a JSON schema answers with the value itself instead of its text. */
function readLegacyText(response: unknown): string {
  if (response === undefined || response === null) return "";
  return typeof response === "string" ? response : JSON.stringify(response);
}

function optionalText(fields: JsonRecord, name: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  throw invalidAnswer(`a chunk's ${name} is not text`);
}

function readCalls(value: unknown): readonly CallFragment[] {
  if (value === undefined || value === null) return none;
  if (!Array.isArray(value)) throw invalidAnswer("a chunk's tool_calls are not an array");
  return value.length === 0 ? none : value.map(readCall);
}

/** `{index,id,function:{name,arguments}}`, or flat: `{name,arguments}`. */
function readCall(value: unknown, position: number): CallFragment {
  if (!isRecord(value)) throw invalidAnswer("a chunk's tool call is not an object");
  const fields = value["function"] ?? value;
  if (!isRecord(fields)) throw invalidAnswer("a tool call's function is not an object");
  const { arguments: given } = fields;
  const whole = typeof given === "object" && given !== null;
  return {
    index: readCount(value["index"], position),
    id: optionalText(value, "id"),
    name: optionalText(fields, "name"),
    arguments: whole ? JSON.stringify(given) : optionalText(fields, "arguments"),
    whole,
  };
}

/** `{"content":[{"token":"…","logprob":-0.1,"bytes":[…],"top_logprobs":[…]}]}` */
function readLogprobs(value: unknown): readonly unknown[] {
  if (!isRecord(value)) return none;
  const { content } = value;
  return Array.isArray(content) ? content.filter(isRecord).map(fillLogprob) : none;
}

/** `bytes` is null where a token is no text; the Responses API has a list there. */
function fillLogprob(entry: JsonRecord): JsonRecord {
  const { top_logprobs: top } = entry;
  return {
    ...fillToken(entry),
    top_logprobs: Array.isArray(top) ? top.filter(isRecord).map(fillToken) : none,
  };
}

function fillToken({ token, logprob, bytes }: JsonRecord): JsonRecord {
  return { token: readText(token), logprob, bytes: Array.isArray(bytes) ? bytes : none };
}

/**
 * An error in place of a chunk. Its status is sought where servers put one; its text goes no further.
 *
 *   {"error":{"message":"…","code":500}}      {"object":"error","code":400,"message":"…"}
 *   {"errors":[{"code":3040,"message":"…"}],"success":false}      {"internalCode":3040,…}
 */
function refuseError(value: JsonRecord, isErrorEvent: boolean): void {
  const { error, errors, internalCode, object, success } = value;
  const isError =
    isErrorEvent ||
    (error !== undefined && error !== null) ||
    (Array.isArray(errors) && errors.length > 0) ||
    internalCode !== undefined ||
    object === "error" ||
    success === false;
  if (!isError) return;
  const { code } = isRecord(error) ? error : value;
  const status = readCount(typeof code === "string" ? Number(code) : code);
  throw mapError({ status: status >= 400 && status < 600 ? status : 502, body: JSON.stringify(value) });
}
