import { readWhole } from "../streams/read-whole.ts";
import { guardUrl } from "./guard-url.ts";
import { WebFailure } from "./web-failure.ts";

/** `fetch`, or a service binding's: in development that is a stand-in with a few pages. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface FetchedPage {
  /** Where it was in the end, after redirects. */
  url: string;
  /** Lower case, without parameters: `text/html`. */
  contentType: string;
  /** As the server wrote it in `content-type`; undefined when it didn't. */
  charset: string | undefined;
  bytes: Uint8Array<ArrayBuffer>;
}

const maxRedirects = 5;

/** Some sites refuse a client without a name. */
const userAgent = "responses-api-on-workers-ai";

/**
 * Fetches what a request or a model names. Every URL on the way passes `guardUrl`: redirects are followed by hand. No
 * cookie and no credential is sent.
 * @throws {WebFailure} saying why there is no page; whatever `signal` was aborted with when it was
 */
export async function fetchGuarded({
  url: first,
  fetch,
  acceptsType,
  maxBytes,
  timeoutMs,
  signal,
}: {
  url: string;
  fetch: Fetch;
  /** Asked with the media type, lower case and without parameters. */
  acceptsType: (contentType: string) => boolean;
  maxBytes: number;
  /** Milliseconds for everything: redirects and body too. */
  timeoutMs: number;
  /** Aborts when nobody waits for the page any more. */
  signal: AbortSignal;
}): Promise<FetchedPage> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const anySignal = AbortSignal.any([signal, deadline]);
  try {
    const { url, response } = await followRedirects(first, { fetch, signal: anySignal });
    const { contentType, charset } = readContentType(response.headers.get("content-type"));
    if (!response.ok) {
      await response.body?.cancel();
      throw new WebFailure("status", `The page was not read: its server answered with status ${response.status}.`);
    }
    if (!acceptsType(contentType)) {
      await response.body?.cancel();
      const reason = /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/.test(contentType)
        ? `content type, ${contentType}, is not supported`
        : "content type is missing or not valid";
      throw new WebFailure("type", `The page was not read: its ${reason}.`);
    }
    const bytes = await readWhole(response, maxBytes);
    if (bytes === undefined) {
      throw new WebFailure("too_large", `The page was not read: it is larger than ${maxBytes} bytes.`);
    }
    return { url, contentType, charset, bytes: new Uint8Array(bytes) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof WebFailure) throw error;
    if (deadline.aborted) {
      throw new WebFailure(
        "timeout",
        `The page was not read: it took longer than ${timeoutMs / 1_000} seconds.`,
        error,
      );
    }
    throw new WebFailure("unreachable", "The page was not read: its server could not be reached.", error);
  }
}

async function followRedirects(
  first: string,
  { fetch, signal }: { fetch: Fetch; signal: AbortSignal },
): Promise<{ url: string; response: Response }> {
  let url = guardUrl(first);
  for (let followed = 0; followed <= maxRedirects; followed += 1) {
    const response = await fetch(url.href, {
      method: "GET",
      redirect: "manual",
      headers: { accept: "text/html, text/*;q=0.9, */*;q=0.5", "user-agent": userAgent },
      signal,
    });
    const location = isRedirect(response.status) ? response.headers.get("location") : null;
    if (location === null) return { url: url.href, response };
    await response.body?.cancel();
    url = guardUrl(URL.parse(location, url.href)?.href ?? "");
  }
  throw new WebFailure("redirects", `The page was not read: it redirects more than ${maxRedirects} times.`);
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function readContentType(header: string | null): Pick<FetchedPage, "contentType" | "charset"> {
  const [type = "", ...parameters] = (header ?? "").split(";").map((part) => part.trim());
  const charset = parameters.map((part) => /^charset="?([\w.:-]+)"?$/i.exec(part)?.[1]).find(Boolean);
  return { contentType: type.toLowerCase(), charset };
}
