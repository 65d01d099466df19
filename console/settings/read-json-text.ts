import { isObject, type JsonObject } from "../api/json.ts";

/** A text read as JSON: its value, or what is wrong with it, with the line. */
export type ReadText = { value: JsonObject; problem?: never } | { problem: string };

/** Reads a JSON object from a text that a person wrote. */
export function readJsonText(text: string): ReadText {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { value } : { problem: "Write a JSON object: { … }." };
  } catch (error) {
    return { problem: describeSyntaxError(text, String(error)) };
  }
}

/** Browsers name the place differently, and some not at all when the text just ends. */
function describeSyntaxError(text: string, message: string): string {
  const named = /line (\d+) column (\d+)/.exec(message);
  const position = /position (\d+)/.exec(message)?.[1];
  if (named === null && position === undefined) {
    return "Not JSON: the text ends too soon, or a quote or a comma is missing.";
  }
  const before = text.slice(0, Number(position)).split("\n");
  const line = named?.[1] ?? before.length;
  const column = named?.[2] ?? (before.at(-1) ?? "").length + 1;
  return `Not JSON: there is a mistake in line ${line}, column ${column}.`;
}
