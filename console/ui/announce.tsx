import { signal } from "@preact/signals";

const spoken = signal("");

/** Says something to those who hear the page, where an eye sees it by itself. */
export function announce(text: string): void {
  spoken.value = text;
}

export function Announcer() {
  return (
    <p class="hidden" role="status" id="announcer">
      {spoken}
    </p>
  );
}
