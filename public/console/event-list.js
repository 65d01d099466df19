import { startCopyButton } from "./copy-button.js";
import { element, find } from "./element.js";
import { formatDuration } from "./format.js";

/** @import { Happening } from "./call-api.js" */

const list = find("event-list", HTMLOListElement);
const head = find("events-head", HTMLParagraphElement);

/** All that came, as it came. */
let raw = "";

startCopyButton("copy-events", () => raw);
find("whole", HTMLInputElement).addEventListener("change", ({ target }) => {
  list.classList.toggle("whole", target instanceof HTMLInputElement && target.checked);
});

/** Empties the list for a new request. */
export function clearEvents() {
  raw = "";
  list.replaceChildren();
  head.textContent = "Waiting for the first byte …";
}

/** @param {Happening} happening */
export function showHappening(happening) {
  if (happening.kind === "head") {
    const { status, contentType, at, headers } = happening;
    const media = contentType.split(";", 1)[0];
    head.replaceChildren(
      element("strong", {}, String(status)),
      ` ${media} in ${formatDuration(at)}`,
      ...[...headers].map(([name, value]) => element("span", {}, `${name}: ${value}`)),
    );
    return;
  }
  if (happening.kind !== "raw") return;
  raw += happening.text;
  list.append(
    element("li", {}, element("time", {}, formatDuration(happening.at)), element("pre", {}, happening.text.trimEnd())),
  );
}
