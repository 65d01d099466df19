import type { CheckedRequest } from "../call.ts";
import { renderPath, validate } from "../http/validate.ts";
import { ContentPart, typeOfItem } from "../protocol/input-items.ts";
import { isRecord } from "../protocol/json.ts";
import { conversationOf } from "../protocol/request.ts";
import type { Context } from "../state/context.ts";
import type { Conversion } from "../state/stored-item.ts";

/** A part of an item that has to be read before a model of texts can be given it. */
export interface FoundPart {
  /** Whose item it is: the request's own, or one of the context that it continues. */
  origin: "own" | "earlier";
  /** Index of the item in there. */
  item: number;
  /** Index of the part in the item's content or output. */
  part: number;
  kind: "file" | "image" | "audio";
  /** A data: URL, base64, or with `isUrl` where it is. */
  source: string;
  isUrl: boolean;
  /** `""` for a part without a name. */
  name: string;
  /** Of an image. */
  detail: string | undefined;
  /** What an error names. */
  param: string;
  /** What is kept of it since it was read first. */
  kept: Conversion | undefined;
}

/** The field of an item that may have parts. */
export function partsField(item: unknown): "content" | "output" | undefined {
  if (!isRecord(item)) return undefined;
  switch (typeOfItem(item)) {
    case "message":
      return "content";
    case "function_call_output":
    case "custom_tool_call_output":
      return "output";
    default:
      return undefined;
  }
}

/**
 * Finds all files, images and recordings that a request gives to the model.
 * @throws {ApiError} 400 that names a part without a source, or with one that leads nowhere
 */
export function findParts(
  { document }: CheckedRequest,
  { earlier, own }: Pick<Context, "earlier" | "own">,
): FoundPart[] {
  const continued = conversationOf(document) === undefined ? "previous_response_id" : "conversation";
  const sent: readonly unknown[] = typeof document.input === "string" ? [] : document.input;
  // The last first, so that an item that stands twice has its first place.
  const places = new Map([...sent.entries()].toReversed().map(([place, item]) => [item, place]));
  const found: FoundPart[] = [];
  for (const [index, { item, conversions }] of earlier.entries()) {
    for (const { part, value } of partsOf(item)) {
      const kept = conversions?.find((conversion) => conversion.part === part);
      const { source } = readSource(value, [continued]);
      found.push({ ...source, origin: "earlier", item: index, part, param: continued, kept });
    }
  }
  for (const [index, item] of (typeof own === "string" ? [] : own).entries()) {
    for (const { field, part, value } of partsOf(item)) {
      // References may have moved it.
      const path = ["input", places.get(item) ?? index, field, part];
      const { source, fields } = readSource(value, path);
      const param = renderPath([...path, ...fields]);
      found.push({ ...source, origin: "own", item: index, part, param, kept: undefined });
    }
  }
  return found;
}

const readTypes: ReadonlySet<unknown> = new Set(["input_file", "input_image", "computer_screenshot", "input_audio"]);

function partsOf(item: unknown): { field: string; part: number; value: unknown }[] {
  const field = partsField(item);
  const parts = field === undefined || !isRecord(item) ? undefined : item[field];
  if (field === undefined || !Array.isArray(parts)) return [];
  return parts.flatMap((value: unknown, part) =>
    isRecord(value) && readTypes.has(value["type"]) ? [{ field, part, value }] : [],
  );
}

/** What is to be read, and the fields that lead there from the part. */
interface Source {
  source: Pick<FoundPart, "kind" | "source" | "isUrl" | "name" | "detail">;
  fields: readonly string[];
}

function readSource(value: unknown, path: readonly PropertyKey[]): Source {
  const { type, image_url, file_data, file_url, input_audio, filename, detail } = validate(ContentPart, value, path);
  const common = { name: filename ?? "", detail: detail ?? undefined };
  if (input_audio) {
    const source = { ...common, kind: "audio" as const, source: input_audio.data, isUrl: false };
    return { source, fields: ["input_audio", "data"] };
  }
  const kind = type === "input_file" ? "file" : "image";
  if (typeof file_data === "string") {
    return { source: { ...common, kind, source: file_data, isUrl: false }, fields: ["file_data"] };
  }
  const source = file_url ?? image_url ?? "";
  // Some clients send a data: URL where a file's URL is asked for, as all do for an image's.
  const isUrl = source !== "" && !/^data:/i.test(source);
  return { source: { ...common, kind, source, isUrl }, fields: [type === "input_file" ? "file_url" : "image_url"] };
}
