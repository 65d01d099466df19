import { FieldError } from "./build-request.js";
import { startCopyButton } from "./copy-button.js";
import { find } from "./element.js";
import { snippets } from "./write-snippet.js";

/** @import { Health } from "./status.js" */

const language = find("language", HTMLSelectElement);
const note = find("code-note", HTMLParagraphElement);
const snippet = find("snippet", HTMLElement);

startCopyButton("copy-code", () => snippet.textContent);

/**
 * Shows a request as a program.
 * @param {{ build: () => Record<string, unknown>, isSent: boolean, health: Health | undefined }} request `build` may
 *   throw `FieldError`
 */
export function showCode({ build, isSent, health }) {
  try {
    const needsKey = health?.auth !== "none";
    snippet.textContent = snippets[language.value]?.({ origin: location.origin, body: build(), needsKey }) ?? "";
    note.textContent = describe(isSent, health);
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    snippet.textContent = "";
    note.textContent = `${error.field}: ${error.message}`;
  }
}

/**
 * @param {boolean} isSent
 * @param {Health | undefined} health
 */
function describe(isSent, health) {
  if (language.value === "codex") return health?.mode === "native" ? "Codex needs a Worker with MODE = compat." : "";
  return isSent ? "The request last sent." : "The request as it would be sent now.";
}
