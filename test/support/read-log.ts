import { expect } from "vitest";
import type { Workerd } from "./start-workerd.ts";

/** Every line a Worker has logged so far that is a JSON object, in order, with its text. */
export function readLog(workerd: Workerd): { text: string; fields: Record<string, unknown> }[] {
  return workerd
    .output()
    .split("\n")
    .filter((text) => text.startsWith("{") && text.endsWith("}"))
    .map((text) => ({ text, fields: JSON.parse(text) as Record<string, unknown> }));
}

/** Waits for the line about one request, and expects it to be the only one. */
export async function readLogLine(workerd: Workerd, requestId: string): Promise<Record<string, unknown>> {
  const find = () => readLog(workerd).filter(({ fields }) => fields["request_id"] === requestId);
  await expect.poll(() => find().length, { timeout: 5_000 }).toBeGreaterThan(0);
  expect(find()).toHaveLength(1);
  return find()[0]?.fields ?? {};
}
