import { wrongKind } from "../../http/validate.ts";
import { isRecord } from "../../protocol/json.ts";
import type { CreateRequest } from "../../protocol/request.ts";
import type { ChatResponseFormat } from "../chat-inputs.ts";
import { withoutSchemaUri } from "./convert-tools.ts";

/** A schema's name where the client gave none (Codex does not): the chat branch requires one. */
const defaultName = "response";

/**
 * Turns `text.format` into the chat branch's `response_format`; plain text needs none.
 * @throws {ApiError} 400 for a `json_schema` format without a schema
 */
export function convertFormat(text: CreateRequest["text"]): ChatResponseFormat | undefined {
  const format = text?.format;
  if (format === undefined || format === null) return undefined;
  switch (format.type) {
    case "text":
      return undefined;
    case "json_object":
      return { type: "json_object" };
    case "json_schema": {
      const { name, schema, strict, description } = format;
      if (!isRecord(schema)) throw wrongKind(["text", "format", "schema"], "a JSON Schema object");
      return {
        type: "json_schema",
        json_schema: {
          name: name || defaultName,
          schema: withoutSchemaUri(schema),
          ...(typeof strict === "boolean" && { strict }),
          ...(typeof description === "string" && { description }),
        },
      };
    }
    default:
      return format.type satisfies never;
  }
}

/** The model has no setting for verbosity: a sentence says it. */
export function describeVerbosity(text: CreateRequest["text"]): string {
  switch (text?.verbosity) {
    case "low":
      return "Keep the answer short.";
    case "high":
      return "Answer at length and in detail.";
    default:
      return "";
  }
}
