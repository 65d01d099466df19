/** The address of a link that may be followed; undefined for any other, such as `javascript:`. */
export function readLink(href: string): URL | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  return ["http:", "https:", "mailto:"].includes(url.protocol) ? url : undefined;
}

/** The site of a link, as a person would name it. */
export function hostOf(url: URL): string {
  return url.protocol === "mailto:" ? url.pathname : url.hostname.replace(/^www\./, "");
}
