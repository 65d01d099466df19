import type { Call } from "../call.ts";
import { countRequest } from "../metering/count-requests.ts";
import { fetchGuarded } from "../web/fetch-guarded.ts";
import { WebFailure, type WebFailureReason } from "../web/web-failure.ts";
import { noRequestsLeft, unreadable } from "./file-error.ts";
import { fetchTimeoutMs, mostFileBytes } from "./limits.ts";
import { type SourceBytes, tooLarge } from "./read-data-url.ts";

/**
 * Fetches a file that a request names, through the guard.
 * @throws {ApiError} 400 that says why it can't be had; whatever the call's signal was aborted with when it was
 */
export async function fetchFile(
  { bindings, record, signal }: Call,
  { url, param }: { url: string; param: string },
): Promise<SourceBytes & { name: string }> {
  try {
    const page = await fetchGuarded({
      url,
      fetch: async (target, init) => {
        countRequest(record);
        return bindings.WEB === undefined ? fetch(target, init) : bindings.WEB.fetch(target, init);
      },
      acceptsType: () => true,
      maxBytes: mostFileBytes,
      timeoutMs: fetchTimeoutMs,
      signal,
    });
    const { contentType: mediaType, charset, bytes } = page;
    return { mediaType, charset, bytes, name: nameOf(page.url) };
  } catch (error) {
    if (!(error instanceof WebFailure)) throw error;
    if (error.reason === "too_large") throw tooLarge(param);
    if (error.reason === "limit") throw noRequestsLeft(param);
    throw unreadable({ code: "file_not_fetched", param, reason: explain(error) });
  }
}

const reasons: Readonly<Record<Exclude<WebFailureReason, "refused">, string>> = {
  unreachable: "its server could not be reached",
  status: "its server answered with an error",
  redirects: "it redirects too often",
  type: "its content type can't be read here",
  limit: "no more requests may be made",
  too_large: "it is too large",
  timeout: `its server took longer than ${fetchTimeoutMs / 1_000} seconds`,
};

function explain({ reason, message }: WebFailure): string {
  // Says which rule the URL breaks.
  if (reason === "refused") return message.replace(/^The URL was not fetched: /, "").replace(/\.$/, "");
  return reasons[reason];
}

/** The last part of a URL's path. */
function nameOf(url: string): string {
  const last = URL.parse(url)?.pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
