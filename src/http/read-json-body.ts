import type { HonoRequest } from "hono";
import { invalidRequest, unreadableBody } from "../errors.ts";
import type { JsonRecord } from "../protocol/read-value.ts";
import { readJsonObject } from "./read-json.ts";

/** Reads a body that is JSON as it is, or `absent` where there is none. Throws 415 and 400 for any other. */
export async function readJsonBody(request: HonoRequest, absent?: JsonRecord): Promise<JsonRecord> {
  checkHeaders(request);
  const body = await readBody(request);
  return absent !== undefined && body.byteLength === 0 ? absent : readJsonObject(body);
}

async function readBody(request: HonoRequest): Promise<ArrayBuffer> {
  try {
    return await request.arrayBuffer();
  } catch {
    throw unreadableBody(request.raw.signal);
  }
}

/** `curl -d` sends JSON under the form type, and many a script sends none. */
const mediaTypes = new Set(["", "application/json", "application/x-www-form-urlencoded"]);

function checkHeaders(request: HonoRequest): void {
  const encoding = request.header("content-encoding") ?? "identity";
  if (encoding.trim().toLowerCase() !== "identity") {
    throw invalidRequest({
      status: 415,
      code: "unsupported_content_encoding",
      message: "Compressed request bodies are not accepted. Send the JSON as it is.",
    });
  }
  const mediaType = (request.header("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!mediaTypes.has(mediaType)) {
    throw invalidRequest({
      status: 415,
      code: "unsupported_media_type",
      message: "The request body must be JSON. Send `Content-Type: application/json`.",
    });
  }
}
