import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "./project-paths.ts";
import { openConnection, type RawResponse, renderRequest } from "./raw-client.ts";
import { testKey } from "./start-api.ts";

/** One request a real client sent. */
export interface RecordedRequest {
  /** `<client>/<case>#<place in the case>` */
  name: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  /** Parsed, or the text of what is no JSON. */
  body?: Record<string, unknown> | string | null;
}

const folder = join(projectRoot, "test", "fixtures", "client-requests");

/** Every request of test/fixtures/client-requests, case by case in the order they were sent. */
export async function readRecordedRequests(): Promise<RecordedRequest[]> {
  const files = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith(".json")).toSorted();
  const recorded: RecordedRequest[] = [];
  for (const path of files) {
    const { requests } = JSON.parse(await readFile(join(folder, path), "utf8")) as {
      requests: Omit<RecordedRequest, "name">[];
    };
    for (const [index, request] of requests.entries()) {
      recorded.push({ ...request, name: `${path.replace(/\.json$/, "")}#${index}` });
    }
  }
  return recorded;
}

/** Sends a request to the port of a Worker with the headers it was recorded with, but for the key, and no others. */
export async function replayRequest(
  port: number,
  { method, path, headers, body }: RecordedRequest,
): Promise<RawResponse> {
  const client = await openConnection(port);
  const own = Object.entries(headers).filter(([name]) => name !== "authorization");
  client.send(
    renderRequest({
      method,
      path,
      headers: [...own, ["authorization", `Bearer ${testKey}`]],
      ...(body !== undefined && body !== null && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    }),
  );
  const response = await client.readResponse();
  client.close();
  return response;
}
