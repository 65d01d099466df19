import { WebFailure } from "./web-failure.ts";

/** Longest URL that is fetched, in characters. */
const maxLength = 4_096;

/** Names that lead into a network or back to this machine, with whatever stands before them. */
const insideNames = new Set(["localhost", "local", "internal"]);

/**
 * The one test of a URL that a request or a model names, before it is fetched: https on port 443, no credentials, a
 * public name. The URL parser writes every notation of an IPv4 address (decimal, hexadecimal, octal, short, full-width
 * digits) as four decimal numbers, so one pattern finds them all (url.spec.whatwg.org, "host parsing").
 *
 * Reads names, not DNS: a name that resolves inward is stopped by Cloudflare's network, not here.
 * @throws {WebFailure} `refused`, saying which rule the URL breaks
 */
export function guardUrl(text: string): URL {
  const url = text.length > maxLength ? null : URL.parse(text);
  if (url === null) throw refused("it is not a valid absolute URL");
  if (url.protocol !== "https:") throw refused("only https URLs are fetched");
  if (url.username !== "" || url.password !== "") throw refused("it carries credentials");
  if (url.port !== "") throw refused("only port 443 is allowed");
  if (url.hostname.endsWith(".")) url.hostname = url.hostname.slice(0, -1);

  const { hostname } = url;
  if (hostname.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(hostname)) throw refused("its host is an IP address");
  const labels = hostname.split(".");
  if (labels.includes("")) throw refused("its host is not a valid name");
  if (insideNames.has(labels.at(-1) ?? "")) throw refused("its host is not on the public internet");
  if (labels.length < 2) throw refused("its host has no domain");
  return url;
}

function refused(why: string): WebFailure {
  return new WebFailure("refused", `The URL was not fetched: ${why}.`);
}
