/**
 * Writes a text that a regular expression matches and `fits` accepts. Knows alternatives, groups, classes, escapes and quantifiers;
 * passes over look-around and back-references. `skip` asks for another text. When nothing fits, the last try is the answer.
 */
export function matchPattern(pattern: string, fits: (text: string) => boolean, skip: number): string {
  const expression = compile(pattern);
  const found = new Set<string>();
  let last = "";
  for (let extra = 0; extra <= 256 && (found.size === 0 || extra <= 8); extra += 1) {
    for (let turn = 0; turn < (extra <= 8 ? 12 : 2); turn += 1) {
      last = new Sampler(pattern, extra, turn).sample();
      if (fits(last) && (expression === undefined || expression.test(last))) found.add(last);
      if (found.size > skip) return last;
    }
  }
  return found.values().next().value ?? last;
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return undefined;
  }
}

const classes: Record<string, string> = {
  d: "0123456789",
  w: "abcxyz_019",
  s: " ",
  D: "abc",
  W: "-.",
  S: "abc",
  t: "\t",
  n: "\n",
  r: "\r",
};
const anyCharacter = "abcxyz019 -_.";

/** One left-to-right pass over a pattern. `extra` repetitions go to each open quantifier; `turn` picks characters and alternatives. */
class Sampler {
  readonly #pattern: string[];
  readonly #extra: number;
  readonly #turn: number;
  #at = 0;
  #picked = 0;

  constructor(pattern: string, extra: number, turn: number) {
    this.#pattern = Array.from(pattern);
    this.#extra = extra;
    this.#turn = turn;
  }

  /** Reads alternatives up to the end or a closing bracket, and writes one of them. */
  sample(): string {
    const alternatives = [this.#sequence()];
    while (this.#take("|")) alternatives.push(this.#sequence());
    return alternatives[this.#turn % alternatives.length] ?? "";
  }

  #sequence(): string {
    let text = "";
    while (this.#at < this.#pattern.length && !this.#is("|") && !this.#is(")")) {
      const start = this.#at;
      const once = this.#atom();
      const end = this.#at;
      const count = this.#quantity();
      const after = this.#at;
      let repeated = count > 0 ? once : "";
      for (let index = 1; index < count; index += 1) {
        this.#at = start;
        repeated += this.#atom();
        this.#at = end;
      }
      this.#at = after;
      text += repeated;
    }
    return text;
  }

  #atom(): string {
    const character = this.#next();
    if (character === "^" || character === "$") return "";
    if (character === ".") return this.#pick(anyCharacter);
    if (character === "[") return this.#pick(this.#characterClass());
    if (character === "\\") return this.#escape();
    return character === "(" ? this.#group() : character;
  }

  #group(): string {
    const marker = this.#pattern.slice(this.#at).join("");
    const prefix = /^\?(?:[:=!]|<[=!]|<\w+>)/u.exec(marker)?.[0] ?? "";
    this.#at += prefix.length;
    const text = this.sample();
    this.#take(")");
    return /^\?(?:[=!]|<[=!])$/u.test(prefix) ? "" : text;
  }

  #escape(): string {
    const character = this.#next();
    if (character === "b" || character === "B") return "";
    if (character === "u" || character === "x") return this.#codePoint(character);
    if (character === "p" || character === "P") {
      while (this.#at < this.#pattern.length && this.#next() !== "}");
      return character === "p" ? this.#pick("aAbB01") : "-";
    }
    return this.#pick(classes[character] ?? character);
  }

  #codePoint(kind: string): string {
    const rest = this.#pattern.slice(this.#at).join("");
    const match = (kind === "u" ? /^\{([\da-f]+)\}|^([\da-f]{4})/iu : /^([\da-f]{2})/iu).exec(rest);
    this.#at += match?.[0].length ?? 0;
    return String.fromCodePoint(Number.parseInt(match?.[1] ?? match?.[2] ?? "78", 16));
  }

  #characterClass(): string {
    const negated = this.#take("^");
    let members = "";
    while (this.#at < this.#pattern.length && !this.#take("]")) {
      const from = this.#member();
      if (this.#is("-") && this.#pattern[this.#at + 1] !== "]") {
        this.#at += 1;
        members += range(from, this.#member());
      } else {
        members += from;
      }
    }
    if (!negated) return members;
    const others = Array.from("abcxyz019 -_.ABC\u00e4").filter((character) => !members.includes(character));
    return others.join("");
  }

  #member(): string {
    const character = this.#next();
    if (character !== "\\") return character;
    const escaped = this.#next();
    return escaped === "u" || escaped === "x" ? this.#codePoint(escaped) : (classes[escaped] ?? escaped);
  }

  /** `?`, `*`, `+`, `{2}`, `{2,}` and `{2,5}`, greedy or not, as a count. */
  #quantity(): number {
    const rest = this.#pattern.slice(this.#at).join("");
    const match = /^(?:([?*+])|\{(\d+)(?:(,)(\d*))?\})\??/u.exec(rest);
    if (match === null) return 1;
    this.#at += match[0].length;
    const [, symbol, least, comma, most] = match;
    if (symbol === "?") return Math.min(1, this.#extra);
    if (symbol !== undefined) return (symbol === "+" ? 1 : 0) + this.#extra;
    const minimum = Number(least);
    if (comma === undefined) return minimum;
    return Math.min(minimum + this.#extra, most === "" || most === undefined ? Infinity : Number(most));
  }

  #pick(members: string): string {
    const characters = Array.from(members);
    this.#picked += 1;
    return characters[(this.#turn * this.#picked) % Math.max(1, characters.length)] ?? "x";
  }

  #is(character: string): boolean {
    return this.#pattern[this.#at] === character;
  }

  #take(character: string): boolean {
    const taken = this.#is(character);
    if (taken) this.#at += 1;
    return taken;
  }

  #next(): string {
    const character = this.#pattern[this.#at] ?? "";
    this.#at += 1;
    return character;
  }
}

function range(from: string, to: string): string {
  const first = from.codePointAt(0) ?? 0;
  const length = Math.min(Math.max((to.codePointAt(0) ?? 0) - first, 0) + 1, 64);
  return Array.from({ length }, (_, index) => String.fromCodePoint(first + index)).join("");
}
