import { describe, expect, it } from "vitest";
import { guardUrl } from "../../src/web/guard-url.ts";
import { WebFailure } from "../../src/web/web-failure.ts";

function refusal(url: string): string {
  try {
    return `let through as ${guardUrl(url).href}`;
  } catch (error) {
    if (error instanceof WebFailure && error.reason === "refused") return error.message;
    throw error;
  }
}

const notPublic = "The URL was not fetched: its host is not on the public internet.";
const isAddress = "The URL was not fetched: its host is an IP address.";
const notValid = "The URL was not fetched: it is not a valid absolute URL.";

describe("guardUrl", () => {
  it.each([
    ["https://example.com", "https://example.com/"],
    ["https://example.com:443/a?b=c#d", "https://example.com/a?b=c#d"],
    ["https://EXAMPLE.com./path", "https://example.com/path"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://1.2.3.4.example.com/", "https://1.2.3.4.example.com/"],
    ["https://localhost.example.com/", "https://localhost.example.com/"],
  ])("lets %s through", (given, href) => {
    expect(guardUrl(given).href).toBe(href);
  });

  it.each([
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://10.0.0.8/",
    "https://169.254.169.254/latest/meta-data/",
    "https://1.1.1.1/",
    "https://0/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fd00:ec2::254]/",
  ])("refuses the IP address in %s", (url) => {
    expect(refusal(url)).toBe(isAddress);
  });

  it.each([
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://api.localhost/",
    "https://printer.local/",
    "https://printer.local./",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://internal/",
    "https://ⓛocalhost/",
  ])("refuses the inside name in %s", (url) => {
    expect(refusal(url)).toBe(notPublic);
  });

  it.each([
    ["http://example.com/", "The URL was not fetched: only https URLs are fetched."],
    ["ftp://example.com/", "The URL was not fetched: only https URLs are fetched."],
    ["file:///etc/passwd", "The URL was not fetched: only https URLs are fetched."],
    ["data:text/plain,hello", "The URL was not fetched: only https URLs are fetched."],
    ["https://example.com:8443/", "The URL was not fetched: only port 443 is allowed."],
    ["https://example.com:80/", "The URL was not fetched: only port 443 is allowed."],
    ["https://user@example.com/", "The URL was not fetched: it carries credentials."],
    ["https://user:password@example.com/", "The URL was not fetched: it carries credentials."],
    ["https://intranet/", "The URL was not fetched: its host has no domain."],
    ["https://intranet./", "The URL was not fetched: its host has no domain."],
    ["https://example..com/", "The URL was not fetched: its host is not a valid name."],
    ["https://example.com../", "The URL was not fetched: its host is not a valid name."],
    ["/relative", notValid],
    ["example.com", notValid],
    ["https://", notValid],
    ["https://256.1.1.1/", notValid],
    ["https://exa mple.com/", notValid],
    ["", notValid],
    [`https://example.com/${"a".repeat(4_096)}`, notValid],
  ])("refuses %s", (url, message) => {
    expect(refusal(url)).toBe(message);
  });
});
