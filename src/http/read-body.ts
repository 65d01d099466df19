import type { Context } from "hono";
import { readConfig } from "../config.ts";
import { invalidRequest, unreadableBody } from "../errors.ts";
import type { JsonRecord } from "../protocol/json.ts";
import { readWhole } from "../streams/read-whole.ts";
import type { AppEnv } from "./app-env.ts";
import { readJsonObject } from "./read-json.ts";

/**
 * Reads a request body as the JSON object it must be. `parse` turns its text into a value; `absent` stands for no body.
 * @throws {ApiError} 413 for a body over `MAX_BODY_BYTES`, 415 for a body that is not JSON as it is, 400 for one that
 * can't be read or is not a JSON object
 */
export async function readJsonBody(
  context: Context<AppEnv>,
  { parse = JSON.parse, absent }: { parse?: (source: string) => unknown; absent?: JsonRecord } = {},
): Promise<JsonRecord> {
  const { maxBodyBytes } = readConfig(context.env);
  const { raw } = context.req;
  checkHeaders(raw.headers);
  const memory = context.get("memory");
  const length = Number(raw.headers.get("content-length") ?? 0);
  try {
    memory.take(Math.min(length, maxBodyBytes));
  } catch (error) {
    // A client that is still sending would lose the answer to a reset.
    if (length <= maxBodyBytes) await raw.body?.pipeTo(new WritableStream()).catch(() => {});
    throw error;
  }
  let body: ArrayBuffer | undefined;
  try {
    body = await readWhole(raw, maxBodyBytes);
  } catch {
    throw unreadableBody(raw.signal);
  }
  if (body === undefined) {
    throw invalidRequest({
      status: 413,
      code: "request_too_large",
      message: `The request body is larger than the ${maxBodyBytes} bytes this Worker accepts.`,
    });
  }
  // What did not say how long it is.
  memory.take(body.byteLength - length);
  return absent !== undefined && body.byteLength === 0 ? absent : readJsonObject(body, parse);
}

/** `curl -d` sends JSON under the form type, and many a script sends none. */
const mediaTypes: ReadonlySet<string> = new Set(["", "application/json", "application/x-www-form-urlencoded"]);

function checkHeaders(headers: Headers): void {
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding.trim().toLowerCase() !== "identity") {
    throw invalidRequest({
      status: 415,
      code: "unsupported_content_encoding",
      message: "Compressed request bodies are not accepted. Send the JSON as it is.",
    });
  }
  const mediaType = (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!mediaTypes.has(mediaType)) {
    throw invalidRequest({
      status: 415,
      code: "unsupported_media_type",
      message: "The request body must be JSON. Send `Content-Type: application/json`.",
    });
  }
}
