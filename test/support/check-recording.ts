import { expect } from "vitest";
import { readDocuments, type Recording } from "../../tools/doctor/record/cases.ts";
import { toAnswer } from "./live-recordings.ts";
import type { ScriptedUpstream } from "./scripted-upstream.ts";

/**
 * Gives the Worker a recorded answer as its upstream, and checks what it makes of it: in native mode the same bytes, in
 * compat mode a Response that is whole, as JSON and as a stream.
 */
export async function checkRecording(
  recording: Recording,
  { url, key, upstream }: { url: string; key: string; upstream: ScriptedUpstream },
): Promise<void> {
  upstream.setScript(toAnswer(recording));
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const ask = (path: string, stream: boolean): Promise<Response> =>
    fetch(url + path, { method: "POST", headers, body: JSON.stringify({ input: "hi", store: false, stream }) });

  const isStream = recording.contentType.startsWith("text/event-stream");
  if (recording.branch === "responses") {
    const answer = await ask("/ai/v1/responses", isStream);
    if (recording.status !== 200) return expectEnvelope(answer);
    const body = toAnswer(recording).body;
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(typeof body === "string" ? body : [...Object(body)].join(""));
    return;
  }
  const answer = await ask("/openai/v1/responses", isStream);
  if (recording.status !== 200) return expectEnvelope(answer);
  expect(answer.status).toBe(200);
  const contentType = answer.headers.get("content-type") ?? "";
  const documents = readDocuments({ contentType, chunks: [[0, await answer.text()]] });
  const last = documents.at(-1);
  if (!isStream) {
    expect(["completed", "incomplete"]).toContain(last?.["status"]);
    return;
  }
  expect(documents.map((event) => event["sequence_number"])).toEqual(documents.map((_event, index) => index));
  expect(["response.completed", "response.incomplete"]).toContain(last?.["type"]);
}

async function expectEnvelope(answer: Response): Promise<void> {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  const { error } = Object(await answer.json());
  for (const field of ["message", "type", "param", "code"]) expect(typeof error[field]).toBe("string");
}
