import { signal } from "@preact/signals";

/** How long a text is kept: as long as the browser keeps it, or as long as the tab is open. */
type Place = "browser" | "tab";

/** Becomes "failed" with the first text that the browser did not keep, and "said" when the user has put the notice away. */
export const keeping = signal<"works" | "failed" | "said">("works");

/** The text that was kept under this name; empty where there is none, or the browser gives the page no storage. */
export function readKept(place: Place, name: string): string {
  try {
    return storage(place).getItem(name) ?? "";
  } catch {
    return "";
  }
}

/** Keeps a text under this name; an empty one removes what was kept. Storage may be full or denied: the page goes on. */
export function keepText(place: Place, name: string, text: string): void {
  try {
    if (text === "") storage(place).removeItem(name);
    else storage(place).setItem(name, text);
  } catch {
    if (text !== "" && keeping.peek() === "works") keeping.value = "failed";
  }
}

/** Throws where the browser denies the page its storage. */
function storage(place: Place): Storage {
  return place === "browser" ? localStorage : sessionStorage;
}
