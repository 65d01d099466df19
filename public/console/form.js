import { buildRequest, FieldError } from "./build-request.js";
import { element, find } from "./element.js";
import { exampleSchema, exampleTools, starters } from "./examples.js";

/** @import { Health } from "./status.js" */

export const key = find("key", HTMLInputElement);
const keyHint = find("key-hint", HTMLParagraphElement);
const model = find("model", HTMLSelectElement);
const instructions = find("instructions", HTMLTextAreaElement);
const effort = find("effort", HTMLSelectElement);
const summary = find("summary", HTMLSelectElement);
const limit = find("limit", HTMLInputElement);
const stream = find("stream", HTMLInputElement);
const tools = find("tools", HTMLTextAreaElement);
const schema = find("schema", HTMLTextAreaElement);
export const input = find("input", HTMLTextAreaElement);

const settings = find("settings", HTMLDetailsElement);
const wide = matchMedia("(min-width: 60rem)");

const keyName = "responses-api-key";

/** The fields that an error's `param` speaks of, by its first part. @type {Map<string, HTMLElement>} */
const fieldOfParam = new Map(
  Object.entries({ input, instructions, max_output_tokens: limit, model, reasoning: effort, text: schema, tools }),
);

/**
 * Brings the settings to life. `onChange` is called when the request may have changed.
 * @param {() => void} onChange
 */
export function startForm(onChange) {
  // Of all fields only the key outlives a reload, and nothing outlives the tab.
  key.value = sessionStorage.getItem(keyName) ?? "";
  key.addEventListener("input", () => {
    sessionStorage.setItem(keyName, key.value);
    keyHint.style.visibility = key.value === "" ? "visible" : "hidden";
  });
  find("key-lead", HTMLButtonElement).addEventListener("click", () => leadTo(key));

  wide.addEventListener("change", foldSettings);
  foldSettings();

  find("form", HTMLFormElement).addEventListener("input", ({ target }) => {
    if (target instanceof HTMLElement) showFieldError(target, "");
    onChange();
  });
  for (const field of [tools, schema]) field.addEventListener("change", checkJson);
  fillOn("tools-example", tools, exampleTools);
  fillOn("schema-example", schema, exampleSchema);

  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    input.form?.requestSubmit();
  });
}

/** Where the settings stand above the conversation, they are out of its way while nobody needs them. */
export function foldSettings() {
  settings.open = wide.matches;
}

/**
 * @param {string} button
 * @param {HTMLTextAreaElement} field
 * @param {object} value
 */
function fillOn(button, field, value) {
  find(button, HTMLButtonElement).addEventListener("click", () => setJson(field, value));
}

/**
 * @param {HTMLTextAreaElement} field
 * @param {object | undefined} value
 */
function setJson(field, value) {
  field.value = value === undefined ? "" : JSON.stringify(value, null, 2);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change"));
}

/**
 * Fills in what a new conversation starts from.
 * @param {string | undefined} name
 */
export function fillStarter(name) {
  const starter = starters[name ?? ""] ?? { message: "" };
  setJson(tools, starter.tools);
  setJson(schema, starter.schema);
  input.value = starter.message;
  input.focus();
}

/** @param {Health} health */
export function showHealth({ auth, models }) {
  model.replaceChildren(...models.map((name) => element("option", {}, name)));
  if (auth === "none") key.placeholder = "not needed here";
  keyHint.hidden = auth === "none" || key.value !== "";
}

export function readKey() {
  return key.value.trim();
}

/** The request's body less its input. Throws `FieldError`. */
export function readSettings() {
  return buildRequest({
    model: model.value,
    instructions: instructions.value,
    effort: effort.value,
    summary: summary.value,
    limit: limit.value,
    stream: stream.checked,
    tools: tools.value,
    schema: schema.value,
  });
}

/** Says at once what is wrong in a JSON field that was left, and in its fold whether it is in use. */
function checkJson() {
  for (const field of [tools, schema]) {
    const count = find(`${field.id}-count`, HTMLElement);
    count.textContent = field.value.trim() === "" ? "" : "in use";
  }
  try {
    readSettings();
  } catch (error) {
    if (error instanceof FieldError) showFieldError(document.getElementById(error.field), error.message);
  }
}

/**
 * Marks a field as wrong and says why beneath it; an empty message takes the mark off.
 * @param {HTMLElement | null} field
 * @param {string} message
 */
export function showFieldError(field, message) {
  if (field === null) return;
  field.ariaInvalid = message === "" ? null : "true";
  const place = document.getElementById(`${field.id}-error`);
  if (place !== null) place.textContent = message;
}

/**
 * Leads to a field: opens the folds it is in and focuses it.
 * @param {HTMLElement | null} field
 */
export function leadTo(field) {
  for (let fold = field?.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
  field?.focus();
}

/** What is wrong with the key, by the code of the API's error. */
const keyProblems = new Map([
  ["missing_api_key", "This Worker asks for a key."],
  ["invalid_api_key", "This Worker does not know this key."],
]);

/**
 * Marks the field an API error speaks of, so that it is found; a key that is missing or wrong is asked for at once.
 * @param {{ code: string, param: string }} error
 */
export function markField({ code, param }) {
  const problem = keyProblems.get(code);
  if (problem !== undefined) {
    showFieldError(key, problem);
    leadTo(key);
    return;
  }
  const field = fieldOfParam.get(/^\w+/.exec(param)?.[0] ?? "");
  if (field !== undefined) field.ariaInvalid = "true";
}
