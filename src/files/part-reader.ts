import type { Call } from "../call.ts";
import { invalidRequest } from "../errors.ts";
import type { ContentPart } from "../protocol/input-items.ts";
import type { Conversion } from "../state/stored-item.ts";
import { type Convertible, convertToText } from "./convert-to-text.ts";
import { fetchFile } from "./fetch-file.ts";
import { unreadable } from "./file-error.ts";
import type { FoundPart } from "./find-parts.ts";
import { inspectBytes, type Readable } from "./inspect-bytes.ts";
import { mostBytesTogether, mostCharactersTogether, mostConversions } from "./limits.ts";
import { readDataUrl } from "./read-data-url.ts";
import { findRecent, rememberRecent } from "./recent-conversions.ts";
import { nameConversion, renderingOf, showImage, showText, toDataUrl, typeOf } from "./show-part.ts";

/** A part whose bytes are there, unless they have to be fetched or are not needed any more. */
export interface PreparedPart {
  found: FoundPart;
  readable: Readable | undefined;
}

/** What takes the place of a part, and what is kept of the work. */
export interface ReadPart {
  found: FoundPart;
  replacement: ContentPart;
  /** Undefined where nothing was done that would have to be done again. */
  conversion?: Conversion;
  /** The model gets a description of an image. */
  isDescribed?: boolean;
  /** The character set that a text was taken to be in, where nothing says so. */
  guessed?: string | undefined;
}

/** Reads the parts of one request. First all are prepared, so that what is wrong is found before anything is paid for. */
export class PartReader {
  readonly #call: Call;
  readonly #sees: boolean;
  readonly #chain: string | undefined;
  /** By their keys: texts that there were before, and those that are being made. */
  readonly #texts: Map<string, Promise<string>>;
  #bytes = 0;
  #characters = 0;
  #toDo = 0;

  constructor(
    call: Call,
    {
      sees,
      known,
      chain,
    }: {
      /** Whether the model takes images. */
      sees: boolean;
      /** What was converted in this chain. */
      known: readonly Conversion[];
      /** See `nameChain`. */
      chain: string | undefined;
    },
  ) {
    this.#call = call;
    this.#sees = sees;
    this.#chain = chain;
    this.#texts = new Map(
      known.flatMap(({ key, text }) => (text === undefined ? [] : [[key, Promise.resolve(text)] as const])),
    );
  }

  /**
   * Decodes what is there and finds out what it is.
   * @throws {ApiError} 400 for a part that can't be read, or for too many of them
   */
  async prepare(found: FoundPart): Promise<PreparedPart> {
    const { source, isUrl, param, kept } = found;
    if (this.#findText(found) !== undefined) return { found, readable: undefined };
    const data = isUrl ? kept?.data : source;
    if (data === undefined) {
      if (found.kind === "image" && !this.#sees) this.#refuseImage(param);
      this.#plan();
      return { found, readable: undefined };
    }
    const readable = inspectBytes(readDataUrl(data, param), found);
    this.#countBytes(readable, param);
    // Neither takes a request of its own.
    if (readable.kind === "text" || this.#isShown(readable)) return { found, readable };
    if (renderingOf(readable) === "image") this.#refuseImage(param);
    if (!this.#isKnown(await keyOf(readable))) this.#plan();
    return { found, readable };
  }

  #isKnown(key: string): boolean {
    const recent = this.#chain === undefined ? undefined : findRecent(this.#chain, key);
    if (recent !== undefined) this.#texts.set(key, Promise.resolve(recent));
    return this.#texts.has(key);
  }

  /** Turns a part into what the model is given. */
  async read({ found, readable: prepared }: PreparedPart): Promise<ReadPart> {
    const { detail, param, isUrl, kept } = found;
    const known = this.#findText(found);
    if (known !== undefined) {
      const replacement = showText({ ...known, name: found.name || (known.name ?? "") });
      return { found, replacement, isDescribed: known.key.startsWith("image:") };
    }
    const isFetched = prepared === undefined;
    const { readable, name } =
      prepared === undefined
        ? await this.#fetch(found)
        : { readable: prepared, name: found.name || (kept?.name ?? "") };
    const facts = { key: await keyOf(readable), type: typeOf(readable), ...(isUrl && name !== "" && { name }) };
    const { guessed } = readable;
    if (readable.kind === "text") {
      const { text } = readable;
      const replacement = showText({ ...facts, name, text });
      return { found, replacement, guessed, ...(isUrl && { conversion: keep(found, { ...facts, text }) }) };
    }
    if (this.#isShown(readable)) {
      const data = toDataUrl(facts.type, readable.bytes);
      const replacement = showImage({ data, detail });
      return { found, replacement, ...(isFetched && { conversion: keep(found, { ...facts, data }) }) };
    }
    const isDescribed = renderingOf(readable) === "image";
    if (isDescribed) this.#refuseImage(param);
    const text = await this.#once(facts.key, () => this.#convert(readable, param));
    if (this.#chain !== undefined) rememberRecent(this.#chain, facts.key, text);
    const replacement = showText({ ...facts, name, text });
    return { found, replacement, guessed, isDescribed, conversion: keep(found, { ...facts, text }) };
  }

  /** What is kept of a part, if it will do: a model that sees is given the image itself. */
  #findText({ kept }: FoundPart): (Conversion & { text: string }) | undefined {
    if (kept?.text === undefined || (this.#sees && kept.key.startsWith("image:"))) return undefined;
    return { ...kept, text: kept.text };
  }

  #isShown(readable: Readable): boolean {
    return this.#sees && readable.kind === "image";
  }

  /** Two parts with the same bytes are converted once. */
  #once(key: string, make: () => Promise<string>): Promise<string> {
    const text = this.#texts.get(key) ?? make();
    this.#texts.set(key, text);
    return text;
  }

  async #fetch(found: FoundPart): Promise<{ readable: Readable; name: string }> {
    const { source, param, name } = found;
    const { name: ownName, ...fetched } = await fetchFile(this.#call, { url: source, param });
    const named = name === "" ? ownName : name;
    const readable = inspectBytes(fetched, { ...found, name: named });
    this.#countBytes(readable, param);
    return { readable, name: named };
  }

  #plan(): void {
    this.#toDo += 1;
    if (this.#toDo <= mostConversions) return;
    throw invalidRequest({
      code: "too_many_files",
      param: "input",
      message: `A request can have at most ${mostConversions} files, images and recordings converted or fetched. Send the others in later requests that continue this one.`,
    });
  }

  #countBytes({ bytes }: Readable, param: string): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= mostBytesTogether) return;
    const reason = `the files, images and recordings of this request have more than ${mostBytesTogether} bytes together`;
    throw unreadable({ code: "file_too_large", param, reason });
  }

  async #convert(readable: Convertible, param: string): Promise<string> {
    const text = await convertToText(this.#call, readable, param);
    this.#characters += text.length;
    if (this.#characters <= mostCharactersTogether) return text;
    const reason = `what is converted for this request has more than ${mostCharactersTogether} characters together`;
    throw unreadable({ code: "file_too_large", param, reason });
  }

  #refuseImage(param: string): void {
    const { imageInput } = this.#call.config;
    if (imageInput === "describe") return;
    throw unreadable({ code: "unsupported_input", param, reason: "this model can't see images" });
  }
}

function keyOf(readable: Readable): Promise<string> {
  return nameConversion(renderingOf(readable), readable.bytes);
}

/** A part of an earlier item is found by its key: what is stored of that item stays as it is. */
function keep({ origin, part }: FoundPart, conversion: Omit<Conversion, "part">): Conversion {
  return origin === "own" ? { part, ...conversion } : conversion;
}
