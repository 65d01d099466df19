import { find } from "./element.js";

const announcer = find("announcer", HTMLParagraphElement);

/**
 * Says something to those who hear the page: what an eye sees change by itself.
 * @param {string} text
 */
export function announce(text) {
  announcer.textContent = text;
}
