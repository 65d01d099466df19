/**
 * Arguments that a server wants repeated in headers, so that proxies can route by them: `x-mcp-header` in the schema of
 * a property (modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http, "Custom Headers").
 */
import { isRecord, type JsonRecord } from "../../protocol/json.ts";

interface Mirror {
  /** The property's place in the arguments. */
  path: readonly string[];
  /** What follows `Mcp-Param-`. */
  name: string;
}

const key = "x-mcp-header";

/**
 * The arguments that a schema wants mirrored; undefined for a schema that asks for it wrongly, whose tool must not be
 * offered.
 */
export function findMirrors(schema: unknown): Mirror[] | undefined {
  const mirrors: Mirror[] = [];
  if (!collect(schema, [], mirrors)) return undefined;
  const names = mirrors.map(({ name }) => name.toLowerCase());
  return new Set(names).size === names.length ? mirrors : undefined;
}

/** `path` is undefined where arguments can't be told from the schema: inside `items`, `anyOf` and their like. */
function collect(schema: unknown, path: readonly string[] | undefined, mirrors: Mirror[]): boolean {
  if (Array.isArray(schema)) return schema.every((part) => collect(part, undefined, mirrors));
  if (!isRecord(schema)) return true;
  if (Object.hasOwn(schema, key)) {
    const { [key]: name, type } = schema;
    const isName = typeof name === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(name);
    const isPlain = type === "string" || type === "integer" || type === "boolean";
    if (!isName || !isPlain || path === undefined || path.length === 0) return false;
    mirrors.push({ path, name });
  }
  return Object.entries(schema).every(([keyword, part]) => {
    if (keyword === "properties" && isRecord(part)) {
      return Object.entries(part).every(([property, inner]) =>
        collect(inner, path === undefined ? undefined : [...path, property], mirrors),
      );
    }
    // What stands here are values, not schemas.
    if (["default", "const", "enum", "examples"].includes(keyword)) return true;
    return collect(part, undefined, mirrors);
  });
}

/** The headers for a call with these arguments. */
export function mirrorArguments(schema: unknown, given: JsonRecord): Record<string, string> {
  return Object.fromEntries(
    (findMirrors(schema) ?? []).flatMap(({ path, name }) => {
      const value = path.reduce<unknown>((inner, property) => (isRecord(inner) ? inner[property] : undefined), given);
      if (typeof value !== "string" && typeof value !== "boolean" && !Number.isSafeInteger(value)) return [];
      return [[`mcp-param-${name.toLowerCase()}`, encodeHeader(String(value))]];
    }),
  );
}

/** A text as a header's value: visible ASCII as it is, anything else as `=?base64?…?=`. */
export function encodeHeader(text: string): string {
  const isPlain = /^[\u0021-\u007e](?:[\u0020-\u007e]*[\u0021-\u007e])?$/.test(text);
  if (isPlain && !(text.startsWith("=?base64?") && text.endsWith("?="))) return text;
  return `=?base64?${new TextEncoder().encode(text).toBase64()}?=`;
}
