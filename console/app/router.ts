import { signal } from "@preact/signals";

export interface Route {
  page: "chat" | "overview";
  /** The chat's id; empty for a new one. */
  id: string;
}

/** `#/chat/<id>`, `#/overview`; anything else is a new chat. */
export function readRoute(hash: string): Route {
  const [page, id = ""] = hash.replace(/^#\/?/, "").split("/");
  if (page === "overview") return { page, id: "" };
  return { page: "chat", id: page === "chat" ? decodeId(id) : "" };
}

function decodeId(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return "";
  }
}

export function writeRoute({ page, id }: Route): string {
  if (page === "overview") return "#/overview";
  return id === "" ? "#/" : `#/chat/${encodeURIComponent(id)}`;
}

export const route = signal(readRoute(location.hash));

// Also for the browser's own Back and Forward.
addEventListener("hashchange", () => (route.value = readRoute(location.hash)));

export function showRoute(next: Route): void {
  const hash = writeRoute(next);
  if (hash !== writeRoute(route.value)) history.pushState(null, "", hash);
  route.value = next;
}
