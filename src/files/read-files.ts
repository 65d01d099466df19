import type { Call, CheckedRequest } from "../call.ts";
import type { ContentPart } from "../protocol/input-items.ts";
import { isRecord, readText } from "../protocol/json.ts";
import type { Context } from "../state/context.ts";
import type { Conversion } from "../state/stored-item.ts";
import { describeModel, resolveModel } from "../workers-ai/models.ts";
import { findParts, partsField } from "./find-parts.ts";
import { conversionsAtOnce } from "./limits.ts";
import { PartReader, type PreparedPart, type ReadPart } from "./part-reader.ts";
import { nameChain } from "./recent-conversions.ts";

/** A context whose files are read. */
export interface ReadContext {
  /** As the model gets it: texts, and images if it sees. */
  given: Pick<Context, "earlier" | "own">;
  /** What was converted of its own items, by their index: it is stored beside them. */
  conversions: ReadonlyMap<number, readonly Conversion[]>;
  /** What the model gets in another form than it was sent. */
  warnings: ReadonlySet<string>;
}

/**
 * Reads the files, images and recordings of a request and of the context that it continues: into texts, and images for a
 * model that sees. What was converted before is not converted again. In native mode all stays as it is.
 * @throws {ApiError} 400 that names the first part that can't be read, and why
 */
export async function readFiles(
  call: Call,
  request: CheckedRequest,
  context: ReadContext["given"],
): Promise<ReadContext> {
  const parts = request.mode === "compat" ? findParts(request, context) : [];
  if (parts.length === 0) return { given: context, conversions: new Map(), warnings: new Set() };
  const { earlier, own } = context;
  const { sees } = describeModel(resolveModel(call.config.models, request.document.model));
  const reader = new PartReader(call, {
    sees,
    known: earlier.flatMap(({ conversions = [] }) => conversions),
    chain: nameChain(call.keyName, readText(request.document["prompt_cache_key"])),
  });
  const prepared: PreparedPart[] = [];
  for (const part of parts) prepared.push(await reader.prepare(part));
  const read = await readAll(reader, prepared);
  const byItem = Map.groupBy(read, ({ found }) => `${found.origin} ${found.item}`);
  return {
    given: {
      earlier: earlier.map(({ id, item, conversions }, index) => ({
        id,
        item: replaceParts(item, byItem.get(`earlier ${index}`) ?? []),
        conversions,
      })),
      own:
        typeof own === "string" ? own : own.map((item, index) => replaceParts(item, byItem.get(`own ${index}`) ?? [])),
    },
    conversions: collect(read, typeof own === "string" ? 1 : own.length),
    warnings: warnOf(read),
  };
}

/** Reads all parts, some at one time, and gives them in their order. Fails with the first that fails, and begins no other. */
async function readAll(reader: PartReader, prepared: readonly PreparedPart[]): Promise<ReadPart[]> {
  const read: ReadPart[] = [];
  let begun = 0;
  async function work(): Promise<void> {
    for (let part = prepared[begun]; part !== undefined; part = prepared[begun]) {
      const index = begun++;
      try {
        read[index] = await reader.read(part);
      } catch (error) {
        begun = prepared.length;
        throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: conversionsAtOnce }, work));
  return read;
}

function replaceParts(item: unknown, read: readonly ReadPart[]): unknown {
  const field = partsField(item);
  if (read.length === 0 || field === undefined || !isRecord(item)) return item;
  const parts: unknown = item[field];
  if (!Array.isArray(parts)) return item;
  const replaced = new Map(read.map(({ found, replacement }) => [found.part, replacement]));
  return { ...item, [field]: parts.map((part: unknown, index) => replacePart(part, replaced.get(index))) };
}

/** A mark of the part's that has no effect stays, so that the `warning` header can name it. */
function replacePart(part: unknown, replacement: ContentPart | undefined): unknown {
  if (replacement === undefined) return part;
  const mark = isRecord(part) ? part["prompt_cache_breakpoint"] : undefined;
  return mark === undefined ? replacement : { ...replacement, prompt_cache_breakpoint: mark };
}

/**
 * What was converted, by the index of the request's own item that keeps it: its own, and the last one what was converted of
 * earlier items.
 */
function collect(read: readonly ReadPart[], items: number): Map<number, Conversion[]> {
  const collected = new Map<number, Conversion[]>();
  for (const { found, conversion } of read) {
    const index = found.origin === "own" ? found.item : items - 1;
    if (conversion !== undefined && index >= 0) collected.set(index, [...(collected.get(index) ?? []), conversion]);
  }
  return collected;
}

function warnOf(read: readonly ReadPart[]): Set<string> {
  const warnings = new Set<string>();
  const described = read.filter(({ isDescribed }) => isDescribed === true);
  if (described.length > 0) {
    const own = described.filter(({ found }) => found.origin === "own").map(({ found }) => found.param);
    const places = own.length < described.length ? [...own, "images sent earlier"] : own;
    warnings.add(`The model can't see these images and was given descriptions of them: ${places.join(", ")}.`);
  }
  for (const { found, guessed } of read) {
    if (guessed === undefined) continue;
    warnings.add(`The text of ${found.param} names no charset and is not UTF-8: it was read as ${guessed}.`);
  }
  return warnings;
}
