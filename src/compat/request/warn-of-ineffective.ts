import type { Warnings } from "../../http/warnings.ts";
import { isRecord, type JsonRecord } from "../../protocol/json.ts";
import { type CreateRequest, optionalFields } from "../../protocol/request.ts";

/** Fields of the API that steer what only OpenAI's own servers do. */
const ineffectiveFields: ReadonlySet<string> = new Set(["moderation", "prompt_cache_retention"]);

/** Fields that are objects, and what is read of them. */
const readInside: ReadonlyMap<string, readonly string[]> = new Map([
  ["prompt_cache_options", ["prewarm"]],
  ["reasoning", ["effort", "summary", "generate_summary"]],
  ["text", ["format", "verbosity"]],
  ["stream_options", []],
]);

/** What `include` can ask for that is served, or that has nothing to include without hosted tools. */
const knownIncludes: ReadonlySet<string> = new Set([
  "code_interpreter_call.outputs",
  "computer_call_output.output.image_url",
  "file_search_call.results",
  "message.input_image.image_url",
  "message.output_text.logprobs",
  "reasoning.encrypted_content",
  "web_search_call.action.sources",
  "web_search_call.results",
]);

/** Warns of what the client set and gets nothing for: fields that nothing reads, unknown values of `include`. */
export function warnOfIneffective(request: CreateRequest, warnings: Warnings): void {
  for (const [field, value] of Object.entries(request)) {
    const isRead = field === "input" || (optionalFields.has(field) && !ineffectiveFields.has(field));
    if (!isRead && value !== null) warnings.add(`The field ${field} has no effect here.`);
    const read = readInside.get(field);
    if (read === undefined || !isRecord(value)) continue;
    for (const [inner, set] of Object.entries(value)) {
      // `include_obfuscation: false` is what is done anyway.
      const isSet = set !== null && set !== false;
      if (isSet && !read.includes(inner)) warnings.add(`The field ${field}.${inner} has no effect here.`);
    }
  }
  if (typeof request.input !== "string" && request.input.some(hasBreakpoint)) {
    warnings.add("The field prompt_cache_breakpoint of a content part has no effect here.");
  }
  for (const { type } of request.context_management ?? []) {
    if (type !== "compaction") warnings.add(`The context_management ${type} is not known here.`);
  }
  for (const value of request.include ?? []) {
    if (!knownIncludes.has(value)) warnings.add(`The include ${value} is not known here.`);
  }
}

/** Whether a part of an item marks where OpenAI's servers are to cache the prompt: upstream caches by itself. */
function hasBreakpoint({ content, output }: JsonRecord): boolean {
  return [content, output].some(
    (parts) =>
      Array.isArray(parts) &&
      parts.some((part) => isRecord(part) && (part["prompt_cache_breakpoint"] ?? null) !== null),
  );
}
