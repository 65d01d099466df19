import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readBody, type Recording } from "../../tools/doctor/record/cases.ts";
import { projectRoot } from "./project-paths.ts";
import type { Answer } from "./scripted-upstream.ts";

const liveFolder = join(projectRoot, "test/fixtures/upstream/live");

/** Folders of recordings that were made of the live model. */
export async function listLiveFolders(): Promise<string[]> {
  const entries = await readdir(liveFolder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(liveFolder, entry.name));
}

/** The recordings of one folder whose bytes are upstream's own: of the model itself, and of native mode. */
export async function readUpstreamRecordings(folder: string): Promise<Recording[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).toSorted();
  const recordings = await Promise.all(
    names.map(async (name): Promise<Recording> => JSON.parse(await readFile(join(folder, name), "utf8"))),
  );
  return recordings.filter(({ name }) => name.startsWith("bare-") || name.startsWith("native-"));
}

/** A recorded answer as a scripted upstream gives it, in the pieces it came in. The REST API's envelope is taken off. */
export function toAnswer(recording: Recording): Answer {
  const { status, contentType, chunks } = recording;
  const headers = { "content-type": contentType };
  if (!contentType.startsWith("application/json")) return { status, headers, body: chunks.map(([, piece]) => piece) };
  const document: unknown = JSON.parse(readBody(recording));
  const { result, success } = Object(document);
  return { status, headers, body: success === true ? JSON.stringify(result) : readBody(recording) };
}
