import { isRecord, readText as readString } from "../../../src/protocol/json.ts";
import { readDocuments, type Recording } from "./cases.ts";

/** How upstream answers a native request with `stream: true`: one of five ways, or in a sixth that nobody knows. */
export type StreamKind = "Responses events" | "chat chunks" | "legacy chunks" | "JSON" | "an error" | "something else";

/** Tells them apart by status, content type and the first document. */
export function classifyStream(recording: Recording): StreamKind {
  if (recording.status >= 400) return "an error";
  if (!recording.contentType.startsWith("text/event-stream")) {
    return recording.contentType.startsWith("application/json") ? "JSON" : "something else";
  }
  const [first] = readDocuments(recording);
  if (readString(first?.["type"]).startsWith("response.")) return "Responses events";
  if (Array.isArray(first?.["choices"])) return "chat chunks";
  return typeof first?.["response"] === "string" ? "legacy chunks" : "something else";
}

/**
 * The fields that two sets of documents have, and only one of them: paths such as `output[].content[].text`, or for an
 * event `response.completed: response.usage`.
 */
export function compareFields(
  recorded: readonly unknown[],
  known: readonly unknown[],
): { added: string[]; missing: string[] } {
  const [now, before] = [listFields(recorded), listFields(known)];
  return {
    added: [...now].filter((path) => !before.has(path)).toSorted(),
    missing: [...before].filter((path) => !now.has(path)).toSorted(),
  };
}

function listFields(documents: readonly unknown[]): Set<string> {
  const paths = new Set<string>();
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const entry of value) visit(entry, `${path}[]`);
    else if (isRecord(value))
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}${separate(path)}${key}`);
    else paths.add(path);
  };
  for (const document of documents) visit(document, isRecord(document) ? labelOf(document["type"]) : "");
  return paths;
}

function labelOf(type: unknown): string {
  return readString(type).startsWith("response.") ? `${readString(type)}:` : "";
}

function separate(path: string): string {
  if (path === "") return "";
  return path.endsWith(":") ? " " : ".";
}
