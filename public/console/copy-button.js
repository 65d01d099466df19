import { announce } from "./announce.js";
import { find } from "./element.js";

/**
 * Makes a button copy a text, and say whether it could.
 * @param {string} id
 * @param {() => string} read
 */
export function startCopyButton(id, read) {
  const button = find(id, HTMLButtonElement);
  button.addEventListener("click", async () => {
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(read());
    } catch {
      // Browsers keep the clipboard to pages that came over HTTPS or from this machine.
      said = "Not allowed";
    }
    button.textContent = said;
    announce(`${said}.`);
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}
