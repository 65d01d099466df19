import { isObject, type JsonObject } from "../api/json.ts";

const types: ReadonlySet<unknown> = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);

interface Place {
  /** Where in the whole schema, for the message. */
  path: string;
  root: JsonObject;
  /** OpenAI's strict mode: each object closed, each property required. */
  isStrict: boolean;
}

/** Says what is wrong with a JSON Schema that a person wrote; undefined when nothing is. */
export function checkSchema(schema: JsonObject, { isStrict = false } = {}): string | undefined {
  return checkNode(schema, { path: "", root: schema, isStrict });
}

function checkNode(schema: unknown, place: Place): string | undefined {
  if (typeof schema === "boolean") return undefined;
  if (!isObject(schema)) return `${nameOf(place)} must be a schema: an object such as {"type": "string"}.`;
  return (
    checkType(schema, place) ?? checkReference(schema, place) ?? checkObject(schema, place) ?? checkParts(schema, place)
  );
}

function checkType({ type, enum: values }: JsonObject, place: Place): string | undefined {
  const wrong = (Array.isArray(type) ? type : [type ?? "string"]).find((name) => !types.has(name));
  if (wrong !== undefined)
    return `${nameOf(place)} has the type ${JSON.stringify(wrong)}, which JSON Schema doesn't know.`;
  if (values !== undefined && (!Array.isArray(values) || values.length === 0)) {
    return `\`enum\` of ${nameOf(place)} must be an array with at least one value.`;
  }
  return undefined;
}

function checkReference({ $ref: reference }: JsonObject, place: Place): string | undefined {
  if (reference === undefined) return undefined;
  if (typeof reference !== "string" || !reference.startsWith("#")) {
    return `\`$ref\` of ${nameOf(place)} must point into this schema, such as "#/$defs/item".`;
  }
  const found = reference
    .slice(1)
    .split("/")
    .filter((part) => part !== "")
    .reduce<unknown>(
      (node, part) => (isObject(node) ? node[part.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined),
      place.root,
    );
  return found === undefined ? `\`$ref\` of ${nameOf(place)} points to nothing: ${reference}.` : undefined;
}

function checkObject(schema: JsonObject, place: Place): string | undefined {
  const { properties, required, additionalProperties } = schema;
  if (properties !== undefined && !isObject(properties)) return `\`properties\` of ${nameOf(place)} must be an object.`;
  const names = Object.keys(isObject(properties) ? properties : {});
  if (required !== undefined) {
    if (!Array.isArray(required)) return `\`required\` of ${nameOf(place)} must be an array of names.`;
    const unknown: unknown = required.find((name) => typeof name !== "string" || !names.includes(name));
    if (unknown !== undefined)
      return `${nameOf(place)} requires ${JSON.stringify(unknown)}, which is not in \`properties\`.`;
  }
  if (!place.isStrict || (schema["type"] !== "object" && properties === undefined)) return undefined;
  if (additionalProperties !== false) return `Strict: ${nameOf(place)} needs "additionalProperties": false.`;
  const optional = names.find((name) => !Array.isArray(required) || !required.includes(name));
  return optional === undefined ? undefined : `Strict: ${nameOf(place)} must list "${optional}" in \`required\`.`;
}

/** The schemas inside. */
function checkParts(schema: JsonObject, place: Place): string | undefined {
  for (const keyword of ["properties", "$defs", "definitions"]) {
    const parts = schema[keyword];
    if (!isObject(parts)) continue;
    for (const [name, part] of Object.entries(parts)) {
      const problem = checkNode(part, within(place, name));
      if (problem !== undefined) return problem;
    }
  }
  for (const keyword of ["anyOf", "oneOf", "allOf"]) {
    const parts = schema[keyword];
    if (parts === undefined) continue;
    if (!Array.isArray(parts)) return `\`${keyword}\` of ${nameOf(place)} must be an array of schemas.`;
    for (const [index, part] of parts.entries()) {
      const problem = checkNode(part, within(place, `${keyword}[${index}]`));
      if (problem !== undefined) return problem;
    }
  }
  return schema["items"] === undefined ? undefined : checkNode(schema["items"], within(place, "items"));
}

function within(place: Place, name: string): Place {
  return { ...place, path: place.path === "" ? name : `${place.path}.${name}` };
}

function nameOf({ path }: Place): string {
  return path === "" ? "The schema" : `\`${path}\``;
}
