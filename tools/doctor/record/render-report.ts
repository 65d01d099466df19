import { readDocuments, type Recording } from "./cases.ts";
import { classifyStream, compareFields } from "./classify-stream.ts";
import { measurePace, type Pace } from "./measure.ts";

/** What a report is about. */
export interface Recorded {
  url: string;
  model: string;
  recordedAt: Date;
  recordings: readonly Recording[];
  /** Documents of our fixtures, by what they are a recording of. */
  fixtures: Readonly<Record<"responses" | "responsesStream" | "chatStream", readonly unknown[]>>;
  cpuTimes: readonly number[] | undefined;
}

/** Writes a recording's report: one page of Markdown. */
export function renderReport({ url, model, recordedAt, recordings, fixtures, cpuTimes }: Recorded): string {
  const find = (name: string): Recording | undefined => recordings.find((recording) => recording.name === name);
  const native = find("bare-responses-stream");
  const paces = recordings.filter(({ body }) => body["stream"] === true).map(renderPaceRow);
  return `# ${model}, ${recordedAt.toISOString().slice(0, 16)}Z

Recorded by \`npm run doctor -- ${url} <key> --record\`.

## Calls

| call | status | content type | pieces | last after |
| ---- | ------ | ------------ | ------ | ---------- |
${recordings.map(renderCallRow).join("\n")}

## How native streaming is answered

${native === undefined ? renderUnseen(find("native-stream")) : `With **${classifyStream(native)}** (status ${native.status}, ${native.contentType}).`}

## Fields that differ from our fixtures

${renderFields("Responses JSON (vllm-responses.json)", find("bare-responses-json") ?? find("native-json"), fixtures.responses)}
${renderFields("Responses stream (vllm-responses.abridged.sse)", native ?? find("native-stream"), fixtures.responsesStream)}
${renderFields("chat stream (chat-tool-call.sse)", find("bare-chat-tool-stream"), fixtures.chatStream)}

## Pace

| stream | first token | tokens a second | chunks a token |
| ------ | ----------- | --------------- | -------------- |
${paces.join("\n")}

CPU time of the Worker: ${renderCpu(cpuTimes)}.
`;
}

function renderCallRow({ name, status, contentType, chunks }: Recording): string {
  return `| ${name} | ${status} | ${contentType} | ${chunks.length} | ${chunks.at(-1)?.[0] ?? 0} ms |`;
}

function renderUnseen(stream: Recording | undefined): string {
  const seen =
    stream === undefined ? "" : ` Through the Worker: ${classifyStream(stream)} in ${stream.chunks.length} pieces.`;
  return `Not seen: the Worker replays JSON as events, so only a call past it can tell. Set CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN.${seen}`;
}

function renderFields(title: string, recording: Recording | undefined, fixture: readonly unknown[]): string {
  if (recording === undefined || recording.status !== 200) return `- ${title}: not recorded.`;
  const { added, missing } = compareFields(readDocuments(recording), fixture);
  return `- ${title}, in \`${recording.name}\`: ${renderPaths("added", added)}; ${renderPaths("missing", missing)}.`;
}

function renderPaths(label: string, paths: readonly string[]): string {
  const shown = paths.slice(0, 40).map((path) => `\`${path}\``);
  const rest = paths.length > shown.length ? ` and ${paths.length - shown.length} more` : "";
  return `${label} ${paths.length === 0 ? "none" : shown.join(", ") + rest}`;
}

function renderPaceRow(recording: Recording): string {
  const { firstTokenMs, tokensPerSecond, chunksPerToken }: Pace = measurePace(recording);
  const first = firstTokenMs === null ? "–" : `${firstTokenMs} ms`;
  return `| ${recording.name} | ${first} | ${tokensPerSecond ?? "–"} | ${chunksPerToken ?? "–"} |`;
}

function renderCpu(times: readonly number[] | undefined): string {
  if (times === undefined) {
    return "not known. Workers Logs tell it to a token with the permission Workers Observability: Read, for a Worker of the name that wrangler.toml gives";
  }
  const sorted = times.toSorted((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `${median} ms at the median of ${sorted.length} invocations, ${sorted.at(-1)} ms at most`;
}
