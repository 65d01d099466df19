import { isDeepStrictEqual } from "node:util";
import { parse, type TomlTable } from "smol-toml";

/** What `npm run setup` decides about wrangler.toml. */
export interface WranglerSettings {
  name: string;
  /** Vars to set; undefined takes a var out. A var that is not named stays. */
  vars: Readonly<Record<string, string | undefined>>;
  /** Requests a minute for each key; undefined for no limit. */
  rateLimit: number | undefined;
}

/**
 * Writes settings into the text of a wrangler.toml. Line by line, so that every comment stays where it is; what already
 * says so is not touched. Throws when the result does not parse to exactly what was asked for.
 */
export function editWrangler(text: string, { name, vars, rateLimit }: WranglerSettings): string {
  let lines = text.split("\n");
  lines = setName(lines, name);
  for (const [key, value] of Object.entries(vars)) lines = setVar(lines, key, value);
  lines = setRateLimit(lines, rateLimit);
  const edited = lines.join("\n");
  if (!says(edited, describeExpected(parse(text), { name, vars, rateLimit }))) {
    throw new Error("wrangler.toml is written in a way that setup can't change. Edit it by hand: see docs/deploy.md.");
  }
  return edited;
}

/** What a wrangler.toml says of the same settings. */
export function readWrangler(text: string): {
  name: string;
  vars: Record<string, string>;
  rateLimit: number | undefined;
} {
  const { name, vars, ratelimits } = parse(text);
  const limit: unknown = Array.isArray(ratelimits) ? Object(ratelimits.find(isRateLimiter)).simple?.limit : undefined;
  return {
    name: typeof name === "string" ? name : "responses-api",
    vars: Object.fromEntries(Object.entries(Object(vars)).map(([key, value]) => [key, String(value)])),
    rateLimit: typeof limit === "number" ? limit : undefined,
  };
}

function isRateLimiter(entry: unknown): boolean {
  return Object(entry).name === "RATE_LIMITER";
}

function setName(lines: readonly string[], name: string): string[] {
  return lines.map((line, index) =>
    /^name\s*=/.test(line) && index < findHeader(lines) ? replaceValue(line, JSON.stringify(name)) : line,
  );
}

/** Index of the first table's header: what stands before it is the document's own. */
function findHeader(lines: readonly string[], from = 0): number {
  const index = lines.findIndex((line, at) => at >= from && line.startsWith("["));
  return index === -1 ? lines.length : index;
}

/** A table or a var that stands there as an example has its comment signs taken off. */
function setVar(lines: readonly string[], key: string, value: string | undefined): string[] {
  const start = lines.findIndex((line) => line.startsWith("[vars]"));
  if (start === -1) {
    if (value === undefined) return [...lines];
    const example = lines.indexOf("# [vars]");
    const opened = example === -1 ? addTable(lines) : lines.with(example, "[vars]");
    return setVar(opened, key, value);
  }
  const end = findHeader(lines, start + 1);
  const find = (pattern: RegExp): number =>
    lines.findIndex((line, index) => index > start && index < end && pattern.test(line));
  const at = find(new RegExp(`^${key}\\s*=`));
  if (value === undefined) return lines.map((line, index) => (index === at ? `# ${line}` : line));
  if (at !== -1) return lines.with(at, replaceValue(lines[at] ?? "", JSON.stringify(value)));
  const entry = `${key} = ${JSON.stringify(value)}`;
  const example = find(new RegExp(`^# ${key}\\s*=`));
  return example === -1 ? lines.toSpliced(start + 1, 0, entry) : lines.with(example, entry);
}

/** The table goes before the first one there is, and before the comment that belongs to that. */
function addTable(lines: readonly string[]): string[] {
  let at = findHeader(lines);
  while (at > 0 && (lines[at - 1] ?? "").startsWith("#")) at -= 1;
  return lines.toSpliced(at, 0, "[vars]", "");
}

/** Replaces the value of `key = value`, unless it says the same, and keeps a comment behind it. */
function replaceValue(line: string, value: string): string {
  const [, head = "", old = "", tail = ""] =
    /^([\w-]+\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#]+)(.*)$/.exec(line) ?? [];
  const isSame = head !== "" && isDeepStrictEqual(parse(`x = ${old}`)["x"], parse(`x = ${value}`)["x"]);
  return isSame ? line : `${head}${value}${tail}`;
}

/** The example in the file is a comment: its signs are taken off and put back. */
function setRateLimit(lines: readonly string[], limit: number | undefined): string[] {
  const start = lines.findIndex(
    (line, index) => /^(# )?\[\[ratelimits\]\]/.test(line) && /name = "RATE_LIMITER"/.test(lines[index + 1] ?? ""),
  );
  if (start === -1) return limit === undefined ? [...lines] : [...lines, ...renderRateLimit(limit), ""];
  let end = start + 1;
  while (/^(# )?\w+ = /.test(lines[end] ?? "")) end += 1;
  return lines.map((line, index) => {
    if (index < start || index >= end) return line;
    const bare = line.replace(/^# /, "");
    if (limit === undefined) return line.startsWith("#") ? line : `# ${line}`;
    return bare.replace(/limit = \d+/, `limit = ${limit}`).replace(/period = \d+/, "period = 60");
  });
}

function renderRateLimit(limit: number): string[] {
  return [
    "[[ratelimits]]",
    'name = "RATE_LIMITER"',
    'namespace_id = "1001"',
    `simple = { limit = ${limit}, period = 60 }`,
  ];
}

/** What the document has to say afterwards. */
function describeExpected(document: TomlTable, { name, vars, rateLimit }: WranglerSettings): object {
  const set = Object.entries({ ...Object(document["vars"]), ...vars }).filter(([, value]) => value !== undefined);
  const others = Array.isArray(document["ratelimits"]) ? document["ratelimits"] : [];
  const limiter = others.find(isRateLimiter) ?? { name: "RATE_LIMITER", namespace_id: "1001" };
  const limits = [
    ...others.filter((entry) => !isRateLimiter(entry)),
    ...(rateLimit === undefined ? [] : [{ ...Object(limiter), simple: { limit: rateLimit, period: 60 } }]),
  ];
  const { vars: _vars, ratelimits: _limits, ...rest } = document;
  return {
    ...rest,
    name,
    ...((set.length > 0 || document["vars"] !== undefined) && { vars: Object.fromEntries(set) }),
    ...(limits.length > 0 && { ratelimits: limits }),
  };
}

function says(text: string, expected: object): boolean {
  try {
    return isDeepStrictEqual(toPlainData(parse(text)), toPlainData(expected));
  } catch {
    return false;
  }
}

function toPlainData(document: object): unknown {
  return JSON.parse(JSON.stringify(document));
}
