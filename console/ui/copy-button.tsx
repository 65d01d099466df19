import { useSignal } from "@preact/signals";
import { Check, Copy, X } from "lucide";
import { announce } from "./announce.tsx";
import { Icon } from "./icon.tsx";

interface CopyButtonProps {
  read: () => string;
  /** What is copied, for those who hear the page: "Copy code". */
  label: string;
  /** Shown beside the icon. */
  text?: string;
}

/** Copies a text, and says whether it could. */
export function CopyButton({ read, label, text }: CopyButtonProps) {
  const outcome = useSignal<"" | "Copied" | "Not allowed">("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(read());
      outcome.value = "Copied";
    } catch {
      // Browsers keep the clipboard to pages that came over HTTPS or from this machine.
      outcome.value = "Not allowed";
    }
    announce(outcome.value);
    setTimeout(() => (outcome.value = ""), 1500);
  };
  const icon = outcome.value === "" ? Copy : outcome.value === "Copied" ? Check : X;
  const shown = outcome.value || (text ?? "");
  return (
    <button type="button" class="ghost" aria-label={outcome.value || label} title={label} onClick={copy}>
      <Icon node={icon} size={15} />
      {text !== undefined && <span>{shown}</span>}
    </button>
  );
}
