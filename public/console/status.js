import { element, find } from "./element.js";

/**
 * US dollars per million tokens; cached input costs what other input costs unless it has a price.
 * @typedef {{ input: number, output: number, cached?: number }} Price
 *
 * What `GET /health` says.
 * @typedef {{ mode: string, auth: string, models: string[], features: Record<string, boolean>, version: string,
 *   prices?: Record<string, Price> }} Health
 */

/** Until the Worker has said what it is, hidden text keeps the strip's place. */
const strip = find("status", HTMLDListElement);

/** Asks the Worker what it is, shows it in the status strip, and returns it; undefined when it does not say. */
export async function showStatus() {
  /** @type {Health & { error?: { message: string } }} */
  let health;
  try {
    health = await (await fetch("/health")).json();
  } catch {
    return showProblem("This Worker does not answer.");
  }
  if (health.error !== undefined) return showProblem(health.error.message);
  const { mode, models, features, version } = health;
  find("status-mode", HTMLElement).textContent = mode;
  find("status-models", HTMLElement).textContent = models.map(shorten).join(", ");
  find("status-version", HTMLElement).textContent = version;
  find("status-features", HTMLElement).replaceChildren(
    ...Object.entries(features).map(([name, bound]) =>
      element("li", { className: bound ? "on" : "off" }, name.replaceAll("_", " "), hidden(bound ? ": on" : ": off")),
    ),
  );
  strip.classList.remove("loading");
  return health;
}

/** @param {string} message */
function showProblem(message) {
  strip.classList.remove("loading");
  strip.replaceChildren(
    element("div", { className: "problem" }, element("dt", {}, "Problem"), element("dd", {}, message)),
  );
  return undefined;
}

/** @param {string} text */
function hidden(text) {
  return element("span", { className: "hidden" }, text);
}

/**
 * A client may leave out all but a model's last part.
 * @param {string} model
 */
export function shorten(model) {
  return model.slice(model.lastIndexOf("/") + 1);
}
