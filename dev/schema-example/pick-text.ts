import type { JsonObject } from "../model/json-object.ts";
import { matchPattern } from "./match-pattern.ts";

/** One text for each format of JSON Schema 2020-12. The digit varies where a list needs several. */
const formats: Record<string, (digit: number) => string> = {
  "date-time": (digit) => `2026-01-0${digit + 1}T12:00:00Z`,
  date: (digit) => `2026-01-0${digit + 1}`,
  time: (digit) => `12:00:0${digit}Z`,
  duration: (digit) => `P${digit + 1}D`,
  email: (digit) => `person${digit}@example.com`,
  "idn-email": (digit) => `person${digit}@example.com`,
  hostname: (digit) => `host${digit}.example.com`,
  "idn-hostname": (digit) => `host${digit}.example.com`,
  ipv4: (digit) => `192.0.2.${digit + 1}`,
  ipv6: (digit) => `2001:db8::${digit + 1}`,
  uri: (digit) => `https://example.com/${digit}`,
  iri: (digit) => `https://example.com/${digit}`,
  url: (digit) => `https://example.com/${digit}`,
  "uri-reference": (digit) => `/${digit}`,
  "iri-reference": (digit) => `/${digit}`,
  "uri-template": (digit) => `/${digit}/{id}`,
  uuid: (digit) => `00000000-0000-4000-8000-00000000000${digit}`,
  "json-pointer": (digit) => `/${digit}`,
  "relative-json-pointer": (digit) => `${digit}/name`,
  regex: (digit) => `^[a-z]{${digit}}$`,
  byte: () => "c3RhbmQtaW4=",
};

/** Picks a text that meets a string schema: by its format, else its pattern, else a hint that fits its length, else made up to that length. */
export function pickText(schema: JsonObject, hints: string[], skip: number): string {
  const { format, pattern, minLength, maxLength } = schema;
  const least = typeof minLength === "number" ? minLength : 0;
  const most = typeof maxLength === "number" ? maxLength : Infinity;
  const fits = (text: string): boolean => {
    const length = Array.from(text).length;
    return length >= least && length <= most;
  };
  const write = typeof format === "string" ? formats[format] : undefined;
  if (write !== undefined) return write(skip % 9);
  if (typeof pattern === "string") return matchPattern(pattern, fits, skip);
  const hint = hints.filter(fits)[skip];
  if (hint !== undefined) return hint;
  const text = skip === 0 ? "stand-in" : `stand-in ${skip}`;
  const tail = skip === 0 ? text : `${skip}`;
  return Array.from(text.padEnd(least, " text")).length <= most
    ? text.padEnd(least, " text")
    : tail.padStart(least, "x").slice(0, most);
}
