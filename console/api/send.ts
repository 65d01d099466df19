import { basePath } from "./base.ts";
import { CallError, readError } from "./call-error.ts";
import { type JsonObject, parseJson, readObject } from "./json.ts";
import { apiKey } from "./keys.ts";

export interface Call {
  path: string;
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  body?: JsonObject;
  /** The API key in use, unless given. */
  key?: string;
  signal?: AbortSignal;
}

/** Sends a request to the API; `path` is below its base. Rejects only when there is no answer. */
export function send(call: Call): Promise<Response> {
  return fetchPath({ ...call, path: `${basePath}${call.path}` });
}

/** Sends a request and reads its JSON answer. Throws `CallError` for an error answer. */
export async function sendJson(call: Call): Promise<JsonObject> {
  return readJson(await send(call));
}

/** `sendJson` for a path of the Worker that is not below the API's base, such as `/health`. */
export async function sendJsonToPath(call: Call): Promise<JsonObject> {
  return readJson(await fetchPath(call));
}

async function fetchPath({ path, method = "GET", body, key = apiKey.value, signal }: Call): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(key.trim() !== "" && { authorization: `Bearer ${key.trim()}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new CallError({ message: "The Worker can't be reached.", code: "unreachable" });
  }
}

async function readJson(answer: Response): Promise<JsonObject> {
  const text = await answer.text();
  if (!answer.ok) throw readError(answer, text);
  return readObject(parseJson(text));
}
