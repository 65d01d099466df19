import { X } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** For editors and tables. */
  wide?: boolean;
}

/** A modal dialog: the browser keeps the focus in it, and Escape closes it. */
export function Dialog({ title, onClose, children, wide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  /** Its `close` event comes after it has gone, when another dialog may be open. */
  const isGone = useRef(false);
  const id = useId();
  useEffect(() => {
    const node = dialog.current;
    node?.showModal();
    return () => {
      isGone.current = true;
      node?.close();
    };
  }, []);
  return (
    <dialog ref={dialog} class={wide ? "wide" : ""} aria-labelledby={id} onClose={() => isGone.current || onClose()}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="ghost" aria-label="Close" onClick={onClose}>
          <Icon node={X} />
        </button>
      </header>
      {children}
    </dialog>
  );
}
