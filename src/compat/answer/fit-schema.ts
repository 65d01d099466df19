import { isRecord } from "../../protocol/json.ts";

/**
 * Whether a value can be the arguments of a tool with this JSON Schema. Looks at what tells one tool's arguments from
 * other JSON: required and unknown properties, and the type and enum of each, however deep. The rest of the schema
 * (patterns, ranges, references, combinations) is not judged: a structured tool call isn't checked at all.
 */
export function fitSchema(value: unknown, schema: unknown): boolean {
  if (!isRecord(schema)) return schema !== false;
  const { type, enum: choices, const: only } = schema;
  if (typeof type === "string" && !hasType(value, type)) return false;
  if (Array.isArray(type) && !type.some((name) => typeof name === "string" && hasType(value, name))) return false;
  if (Array.isArray(choices) && !choices.some((choice) => isSame(choice, value))) return false;
  if (only !== undefined && !isSame(only, value)) return false;
  if (Array.isArray(value)) return value.every((item) => fitSchema(item, schema["items"]));
  return !isRecord(value) || fitProperties(value, schema);
}

function fitProperties(value: Record<string, unknown>, schema: Record<string, unknown>): boolean {
  const { required, additionalProperties: others } = schema;
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  if (Array.isArray(required) && !required.every((name) => typeof name === "string" && Object.hasOwn(value, name))) {
    return false;
  }
  // JSON Schema allows unknown properties by default. A leaked call has none: other JSON has.
  const strangersAllowed = others === true || isRecord(others) || schema["properties"] === undefined;
  return Object.entries(value).every(([name, member]) =>
    Object.hasOwn(properties, name) ? fitSchema(member, properties[name]) : strangersAllowed,
  );
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return isRecord(value);
    case "array":
      return Array.isArray(value);
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
