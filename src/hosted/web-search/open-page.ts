import { type Fetch, type FetchedPage, fetchGuarded } from "../../web/fetch-guarded.ts";
import { toMarkdown } from "../../workers-ai/to-markdown.ts";
import { ToolFailure } from "../tool-failure.ts";
import type { SearchOptions } from "./read-search-tool.ts";
import { isAllowed } from "./search-web.ts";

export interface OpenedPage {
  /** Where it was in the end, after redirects. */
  url: string;
  title: string;
  text: string;
}

const maxBytes = 5_242_880;

/** Milliseconds for one page. */
const timeoutMs = 20_000;

/** Milliseconds until it is text. */
const maxConversionMs = 20_000;

/** Converted to Markdown: markup and documents. Any other text goes to the model as it is. */
const convertedTypes: ReadonlyMap<string, string> = new Map([
  ["text/html", "page.html"],
  ["application/xhtml+xml", "page.html"],
  ["application/pdf", "page.pdf"],
  ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", "page.docx"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "page.xlsx"],
  ["application/vnd.oasis.opendocument.text", "page.odt"],
]);

const plainTypes = /^(?:text\/[\w.+-]+|application\/(?:[\w.-]+\+)?(?:json|xml|yaml))$/;

/**
 * Fetches a page that the model names, guarded, and turns it into text.
 * @throws {WebFailure} when it can't be fetched
 * @throws {ToolFailure} when its domain isn't allowed or it can't be converted
 */
export async function openPage({
  url,
  options,
  ai,
  fetch,
  signal,
}: {
  url: string;
  options: Pick<SearchOptions, "allowedDomains" | "blockedDomains">;
  /** The `AI` binding, which converts pages. */
  ai: unknown;
  /** `fetch`, or what stands in for it in development. */
  fetch: Fetch;
  signal: AbortSignal;
}): Promise<OpenedPage> {
  requireAllowed(url, options);
  const page = await fetchGuarded({
    url,
    fetch,
    acceptsType: (type) => convertedTypes.has(type) || plainTypes.test(type),
    maxBytes,
    timeoutMs,
    signal,
  });
  requireAllowed(page.url, options);
  const text = await readText(page, { ai, signal });
  return { url: page.url, title: findTitle(page, text), text };
}

function requireAllowed(url: string, options: Pick<SearchOptions, "allowedDomains" | "blockedDomains">): void {
  if (!isAllowed(url, options))
    throw new ToolFailure("The page was not read: the request's filters don't allow its domain.");
}

async function readText(
  { contentType, charset, bytes }: FetchedPage,
  { ai, signal }: { ai: unknown; signal: AbortSignal },
): Promise<string> {
  const name = convertedTypes.get(contentType);
  if (name === undefined) return decode(bytes, charset);
  const document = { name, contentType, bytes: Uint8Array.from(bytes) };
  const markdown = await toMarkdown(ai, document, { signal, timeoutMs: maxConversionMs }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new ToolFailure("The page was not read: Workers AI failed to convert it to text.", error);
  });
  if (markdown === undefined) throw new ToolFailure("The page was not read: it could not be converted to text.");
  return markdown;
}

function decode(bytes: Uint8Array, charset = "utf-8"): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // The page names an encoding that doesn't exist.
    return new TextDecoder().decode(bytes);
  }
}

/** The title of an HTML page, else the first heading of what it became, else its address. */
function findTitle({ contentType, charset, bytes, url }: FetchedPage, text: string): string {
  const head = /html/.test(contentType) ? decode(bytes.subarray(0, 65_536), charset) : "";
  const title = /<title[^>]*>([^<]{1,300})/i.exec(head)?.[1] ?? /^#\s+(.{1,300})$/m.exec(text)?.[1] ?? "";
  return title.replaceAll(/\s+/g, " ").trim() || url;
}
