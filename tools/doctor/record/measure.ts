import { isRecord, type JsonRecord, readCount, readText as readString } from "../../../src/protocol/json.ts";
import { readDocuments, type Recording } from "./cases.ts";

/** How fast one streamed answer came. `null` is what can't be told. */
export interface Pace {
  /** Milliseconds to the first piece with something a person or a program waits for: text, reasoning, a call. */
  firstTokenMs: number | null;
  tokensPerSecond: number | null;
  chunksPerToken: number | null;
}

/** Measures a recorded stream by its pieces' times and the tokens upstream says it took. */
export function measurePace(recording: Recording): Pace {
  const contents = recording.chunks.filter(([, text]) => hasContent({ ...recording, chunks: [[0, text]] }));
  const first = contents[0]?.[0];
  const last = contents.at(-1)?.[0];
  const tokens = findOutputTokens(readDocuments(recording));
  const deltas = readDocuments(recording).filter(isDelta).length;
  const took = first === undefined || last === undefined ? 0 : last - first;
  return {
    firstTokenMs: first ?? null,
    tokensPerSecond: tokens === undefined || took === 0 ? null : Math.round((tokens * 1_000) / took),
    chunksPerToken:
      tokens === undefined || tokens === 0 || deltas === 0 ? null : Math.round((deltas * 100) / tokens) / 100,
  };
}

function hasContent(piece: Recording): boolean {
  return readDocuments(piece).some(isDelta);
}

/** A piece of an answer in any of the three dialects. */
function isDelta(document: JsonRecord): boolean {
  if (readString(document["type"]).endsWith(".delta") || readString(document["response"]) !== "") return true;
  const choices = Array.isArray(document["choices"]) ? document["choices"] : [];
  return choices.filter(isRecord).some(({ delta }) => isRecord(delta) && Object.entries(delta).some(isWaitedFor));
}

function isWaitedFor([field, value]: [string, unknown]): boolean {
  return field !== "role" && value !== null && value !== "";
}

function findOutputTokens(documents: readonly JsonRecord[]): number | undefined {
  const usages = documents.map((document) => {
    const response = isRecord(document["response"]) ? document["response"] : document;
    return isRecord(response["usage"]) ? response["usage"] : undefined;
  });
  const usage = usages.findLast((found) => found !== undefined);
  if (usage === undefined) return undefined;
  return readCount(usage["output_tokens"], readCount(usage["completion_tokens"]));
}
