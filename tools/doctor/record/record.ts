import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startProgress } from "../../progress.ts";
import { readWrangler } from "../../setup/edit-wrangler.ts";
import { listCases, readDocuments, type Recording } from "./cases.ts";
import { readCpuTimes } from "./read-cpu-times.ts";
import { renderReport } from "./render-report.ts";
import { type Account, type Places, redact, sendCase } from "./send-case.ts";

const projectRoot = join(import.meta.dirname, "../../..");

/** Workers Logs take some seconds to hear of an invocation, in milliseconds. */
const logDelayMs = 15_000;

/** Whose model is asked past the Worker, by the variables that wrangler reads too; undefined without them. */
export function readAccount(env: Readonly<Record<string, string | undefined>>): Account | undefined {
  const { CLOUDFLARE_ACCOUNT_ID: id, CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_API_BASE_URL: api } = env;
  if (id === undefined || token === undefined) return undefined;
  return { id, token, api: api ?? "https://api.cloudflare.com/client/v4" };
}

/**
 * Asks a Worker some fifteen questions one after the other, so that none waits for another, and writes each answer as
 * `<folder>/<case>.json` with `<folder>/report.md` beside them. Returns the folder.
 */
export async function record(
  places: Places,
  { folder, seconds }: { folder: string; seconds: number },
): Promise<string> {
  const cases = listCases({ model: places.model, withBare: places.account !== undefined });
  const recordings: Recording[] = [];
  const recordedAt = new Date();
  const progress = startProgress("  Recording");
  await mkdir(folder, { recursive: true });
  for (const [index, item] of cases.entries()) {
    progress.update(`${index + 1} of ${cases.length}, ${item.name}`);
    const recording = redact(await sendCase(item, places, AbortSignal.timeout(seconds * 1_000)), places);
    await writeFile(join(folder, `${item.name}.json`), `${JSON.stringify(recording, undefined, 1)}\n`);
    recordings.push(recording);
  }
  progress.update("reading Workers Logs");
  const cpuTimes = await findCpuTimes(places, recordedAt);
  const { url, model } = places;
  const report = renderReport({ url, model, recordedAt, recordings, cpuTimes, fixtures: await readFixtures() });
  await writeFile(join(folder, "report.md"), report);
  progress.end(`${cases.length} calls, in ${folder}`);
  return folder;
}

async function findCpuTimes({ account }: Places, recordedAt: Date): Promise<number[] | undefined> {
  if (account === undefined) return undefined;
  if (account.api.startsWith("https:")) await sleep(logDelayMs);
  const { name } = readWrangler(await readFile(join(projectRoot, "wrangler.toml"), "utf8"));
  return readCpuTimes(account, { worker: name, from: recordedAt.getTime(), to: Date.now() });
}

async function readFixtures() {
  const [json, stream, chat] = await Promise.all(
    ["vllm-responses.json", "vllm-responses.abridged.sse", "chat-tool-call.sse"].map((name) =>
      readFile(join(projectRoot, "test/fixtures/upstream", name), "utf8"),
    ),
  );
  return {
    responses: readDocuments({ contentType: "application/json", chunks: [[0, json ?? ""]] }),
    responsesStream: readDocuments({ contentType: "text/event-stream", chunks: [[0, stream ?? ""]] }),
    chatStream: readDocuments({ contentType: "text/event-stream", chunks: [[0, chat ?? ""]] }),
  };
}
