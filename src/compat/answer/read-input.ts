import { isRecord, type JsonRecord, readText, tryParse } from "../../protocol/json.ts";

const opening = /^\s*\{\s*"input"\s*:\s*"/;
/** A longer text of which `opening` still can't be told is something else: models put no page of spaces there. */
const longestOpening = 256;
/** A text that may yet become `opening`. */
const openingSoFar = /^\s*(?:\{\s*(?:"(?:i(?:n(?:p(?:u(?:t(?:"\s*(?::\s*)?)?)?)?)?)?)?)?)?$/;

/**
 * Reads the text out of `{"input":"…"}` while it arrives in pieces. Arguments of any other form can only be read at
 * their end: JSON with a text `input` somewhere gives that, anything else is the input as it stands (models that know
 * a tool as free text leave the wrapping out).
 */
export class InputReader {
  /** What was read and not yet given out. */
  #pending = "";
  #mode: "opening" | "text" | "closed" | "other" = "opening";

  /** Whether the end of the input was seen. Known once `end` was called. */
  get complete(): boolean {
    return this.#mode === "closed";
  }

  /** Whether the input stops amid its wrapping. A text without one has no end that could be missing. */
  get isCutOff(): boolean {
    return this.#mode === "text";
  }

  /** Takes the next piece of the arguments, gives the next piece of the input: `""` when it is not yet sure. */
  read(piece: string): string {
    if (this.#mode === "closed") return "";
    this.#pending += piece;
    if (this.#mode === "opening") {
      const opened = opening.exec(this.#pending);
      if (opened !== null) {
        this.#pending = this.#pending.slice(opened[0].length);
        this.#mode = "text";
      } else if (this.#pending.length > longestOpening || !openingSoFar.test(this.#pending)) {
        this.#mode = "other";
      }
    }
    return this.#mode === "text" ? this.#takeText() : "";
  }

  /** Gives what is left of the input when the arguments have ended. */
  end(): string {
    const rest = this.#pending;
    this.#pending = "";
    if (this.#mode === "closed") return "";
    // Cut off within the text: what may be half an escape is dropped.
    if (this.#mode === "text") return "";
    const value = tryParse(rest);
    const input = isRecord(value) ? (value["input"] ?? findPatch(value)) : undefined;
    if (typeof input === "string" || (isRecord(value) && Object.keys(value).length === 0)) {
      this.#mode = "closed";
      return typeof input === "string" ? input : "";
    }
    return rest;
  }

  #takeText(): string {
    const { length, closed } = measureText(this.#pending);
    const text = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    if (closed) this.#mode = "closed";
    return decode(text);
  }
}

/**
 * The patch in arguments of another form. gpt-oss-20b gives Codex's `apply_patch` what that tool took before it was one of
 * free text: `{"command":["apply_patch","*** Begin Patch…"]}` (github.com/openai/codex, issue 17899).
 */
function findPatch(value: JsonRecord): string | undefined {
  const texts = Object.values(value).flat().map(readText);
  return texts.find((text) => text.startsWith("*** Begin Patch"));
}

/** How much of a JSON string's inside can be decoded whatever follows, and whether its closing quote is next. */
function measureText(text: string): { length: number; closed: boolean } {
  let position = 0;
  while (position < text.length) {
    const character = text.charAt(position);
    if (character === '"') return { length: position, closed: true };
    const size = character === "\\" ? escapeSize(text, position) : 1;
    if (position + size > text.length) break;
    position += size;
  }
  return { length: position, closed: false };
}

/** Characters of the escape at `position`; both halves of a surrogate pair count as one, so that none is torn. */
function escapeSize(text: string, position: number): number {
  if (text.charAt(position + 1) !== "u") return 2;
  const first = text.slice(position, position + 6);
  if (!/^\\u[dD][89abAB]/.test(first)) return 6;
  const next = text.slice(position + 6, position + 8);
  return next === "" || next === "\\" || next === "\\u" ? 12 : 6;
}

/** Models write line ends into JSON strings as they are, and escapes that JSON doesn't know: both are kept. */
function decode(text: string): string {
  if (!text.includes("\\")) return text;
  const repaired = text
    .replaceAll(/\\(?:["\\/bfnrt]|u[\da-fA-F]{4})?/g, (found) => (found.length > 1 ? found : "\\\\"))
    .replaceAll(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));
  const value = tryParse(`"${repaired}"`);
  return typeof value === "string" ? value : text;
}
