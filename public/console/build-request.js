/**
 * What the form says, as text.
 * @typedef {{ model: string, instructions: string, effort: string, summary: string, limit: string, stream: boolean,
 *   tools: string, schema: string }} Settings
 */

/** A field that can't be sent as it is; `field` is its element's id. */
export class FieldError extends Error {
  /**
   * @param {string} field
   * @param {string} message
   */
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/**
 * Turns the settings into the body of a create request, less its input. A field left alone is left out.
 * Throws `FieldError`.
 * @param {Settings} settings
 */
export function buildRequest({ model, instructions, effort, summary, limit, stream, tools, schema }) {
  const format = readFormat(schema);
  const list = readTools(tools);
  return {
    model,
    ...(instructions.trim() !== "" && { instructions }),
    ...((effort !== "" || summary !== "") && {
      reasoning: { ...(effort !== "" && { effort }), ...(summary !== "" && { summary }) },
    }),
    ...(limit.trim() !== "" && { max_output_tokens: readLimit(limit) }),
    ...(list !== undefined && { tools: list }),
    ...(format !== undefined && { text: { format } }),
    ...(stream && { stream }),
  };
}

/** @param {string} text */
function readLimit(text) {
  if (!/^\s*[1-9]\d{0,8}\s*$/.test(text)) throw new FieldError("limit", "Write a whole number from 1 up.");
  return Number(text);
}

/**
 * @param {string} text
 * @returns {object[] | undefined}
 */
export function readTools(text) {
  const value = readJson("tools", text);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw new FieldError("tools", "Tools are a JSON array: [ … ].");
  return value.length === 0 ? undefined : value;
}

/**
 * A `text.format` as it is; any other object is taken for the JSON Schema of one.
 * @param {string} text
 * @returns {object | undefined}
 */
export function readFormat(text) {
  const value = readJson("schema", text);
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FieldError("schema", "A JSON Schema is a JSON object: { … }.");
  }
  if (value.type === "json_object" || value.type === "text" || (value.type === "json_schema" && "schema" in value)) {
    return value;
  }
  return { type: "json_schema", name: "answer", strict: true, schema: value };
}

/**
 * @param {string} field
 * @param {string} text
 */
function readJson(field, text) {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FieldError(field, `Not JSON: ${String(error).replace("SyntaxError: ", "")}`);
  }
}
