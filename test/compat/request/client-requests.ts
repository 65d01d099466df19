import { isRecord, type JsonRecord } from "../../../src/protocol/json.ts";

/** One request body that a real client sent, and where it is recorded. */
export interface RecordedRequest {
  /** `<client>/<case> #<n>`. */
  title: string;
  path: string;
  body: JsonRecord;
}

const files = import.meta.glob<{ requests: { method: string; path: string; body?: unknown }[] }>(
  "../../fixtures/client-requests/*/*.json",
  { eager: true, import: "default" },
);

/** Every recorded POST with a JSON object in it. */
export const recordedRequests: readonly RecordedRequest[] = Object.entries(files).flatMap(([file, { requests }]) =>
  requests.flatMap(({ method, path, body }, index) =>
    method === "POST" && isRecord(body)
      ? [{ title: `${file.split("/").slice(-2).join("/").replace(".json", "")} #${index}`, path, body }]
      : [],
  ),
);
