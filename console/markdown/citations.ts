import { createContext } from "preact";
import { type JsonObject, readObjects, readText } from "../api/json.ts";

export interface Citation {
  /** From 1, in the order of the text. */
  number: number;
  url: string;
  title: string;
}

/** What the text being drawn cites, by URL. */
export const Citations = createContext<ReadonlyMap<string, Citation>>(new Map());

/** The `url_citation` annotations of a message, one for each URL. */
export function readCitations(item: JsonObject): ReadonlyMap<string, Citation> {
  const found = new Map<string, Citation>();
  for (const part of readObjects(item["content"])) {
    for (const annotation of readObjects(part["annotations"])) {
      const url = readText(annotation["url"]);
      if (annotation["type"] !== "url_citation" || url === "" || found.has(url)) continue;
      found.set(url, { number: found.size + 1, url, title: readText(annotation["title"]) || url });
    }
  }
  return found;
}
