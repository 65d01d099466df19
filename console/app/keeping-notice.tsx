import { X } from "lucide";
import { Icon } from "../ui/icon.tsx";
import { keeping } from "./keep-text.ts";

/** Says once that the browser keeps nothing, before a reload shows it. */
export function KeepingNotice() {
  if (keeping.value !== "failed") return undefined;
  return (
    <div class="notice keeping" role="status">
      <p>
        This browser could not store what changed: its storage is full, or denied to this page. A reload forgets new
        chats, settings and keys.
      </p>
      <button type="button" class="ghost" aria-label="Dismiss" onClick={() => (keeping.value = "said")}>
        <Icon node={X} size={15} />
      </button>
    </div>
  );
}
