import { isRecord, readText } from "../../protocol/json.ts";

/** A page that a search found. */
export interface SearchResult {
  url: string;
  title: string;
  /** What the provider quotes of the page. */
  text: string;
  /** When the page last changed, as the provider writes it; empty when it doesn't say. */
  date: string;
}

/** What a provider calls these things. */
interface FieldNames {
  text: string;
  date: string;
}

/** Reads a provider's list of results. An entry without a web address is left out. */
export function readResults(items: unknown, fields: FieldNames): SearchResult[] {
  return (Array.isArray(items) ? items : []).filter(isRecord).flatMap((item) => {
    const url = readText(item["url"]);
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return [];
    return [
      {
        url,
        title: readPlain(item["title"]) || url,
        text: readPlain(item[fields.text]),
        date: readText(item[fields.date]),
      },
    ];
  });
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

/** Providers quote pages with their words in bold and their entities. */
function readPlain(value: unknown): string {
  return readText(value)
    .replaceAll(/<\/?(?:strong|b|em|i)>/gi, "")
    .replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,5}));/gi, (whole, hexadecimal, decimal, name) => {
      const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
      if (name !== undefined) return entities[String(name).toLowerCase()] ?? whole;
      return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
    })
    .trim();
}
