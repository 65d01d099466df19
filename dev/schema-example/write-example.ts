import { Validator } from "@cfworker/json-schema";
import { isObject, type JsonObject } from "../model/json-object.ts";
import { flattenSchema, type Choose } from "./flatten-schema.ts";
import { pickNumber } from "./pick-number.ts";
import { pickText } from "./pick-text.ts";

/** How many ways through a schema's choices are tried before the first is taken as it is. */
const attempts = 64;

/** Past this depth the shortest branch without a reference is taken, so that a schema which holds itself comes to an end. */
const deep = 3;

/** A schema that goes on without end is answered with null past this depth and this many values. */
const deepest = 24;
const mostValues = 2000;

/**
 * Writes a small value that is valid against a JSON Schema: the required properties (the first one when none is), one item in a list.
 * `hints` are texts to prefer where any text will do. Always the same for the same schema and hints.
 * Each try is checked by a validator; a schema nothing was found for (contradictory, or beyond what is understood) gets the first try.
 */
export function writeExample(schema: unknown, hints: string[] = []): unknown {
  let first: unknown;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const value = new Example(schema, hints, attempt).write(schema, 0, Math.max(0, attempt - attempts / 2));
    if (attempt === 0) first = value;
    if (isValid(schema, value)) return value;
  }
  return first;
}

function isValid(schema: unknown, value: unknown): boolean {
  try {
    return new Validator(isObject(schema) ? schema : {}, "2020-12").validate(value).valid;
  } catch {
    return false;
  }
}

class Example {
  readonly #root: unknown;
  readonly #hints: string[];
  /** Odd attempts give lists as few items as they may have; the rest says which branches to take. */
  readonly #attempt: number;
  #choices: number;
  #values = 0;
  #depth = 0;

  constructor(root: unknown, hints: string[], attempt: number) {
    this.#root = root;
    this.#hints = hints;
    this.#attempt = attempt;
    this.#choices = attempt;
  }

  /** `skip` asks for another value than the one with a smaller `skip`, for lists of unique items. */
  write(schema: unknown, depth: number, skip: number): unknown {
    this.#values += 1;
    this.#depth = depth;
    const flat =
      depth > deepest || this.#values > mostValues ? undefined : flattenSchema(schema, this.#root, this.#choose);
    if (flat === undefined) return null;
    if (Object.hasOwn(flat, "const")) return flat["const"];
    const { enum: values } = flat;
    if (Array.isArray(values) && values.length > 0) return values[skip % values.length];
    return this.#writeType(flat, depth, skip);
  }

  /** Reads the attempt's number as digits, one for each choice met. */
  readonly #choose: Choose = (branches) => {
    if (this.#depth > deep) return shortest(branches);
    const choice = this.#choices % branches.length;
    this.#choices = Math.floor(this.#choices / branches.length);
    return choice;
  };

  #writeType(schema: JsonObject, depth: number, skip: number): unknown {
    switch (this.#typeOf(schema)) {
      case "object":
        return this.#writeObject(schema, depth, skip);
      case "array":
        return this.#writeArray(schema, depth);
      case "integer":
        return pickNumber(schema, true, skip);
      case "number":
        return pickNumber(schema, false, skip);
      case "boolean":
        return skip % 2 === 0;
      case "null":
        return null;
      default:
        return pickText(schema, this.#hints, skip);
    }
  }

  #typeOf(schema: JsonObject): unknown {
    const { type } = schema;
    if (typeof type === "string") return type;
    if (Array.isArray(type)) {
      const types = [...type.filter((name) => name !== "null"), ...type.filter((name) => name === "null")];
      return types.length > 1 ? types[this.#choose(types)] : types[0];
    }
    const has = (...keywords: string[]): boolean => keywords.some((keyword) => Object.hasOwn(schema, keyword));
    if (has("properties", "required", "additionalProperties", "patternProperties", "minProperties")) return "object";
    if (has("items", "prefixItems", "minItems", "contains")) return "array";
    return has("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf") ? "number" : "string";
  }

  #writeObject(schema: JsonObject, depth: number, skip: number): JsonObject {
    const properties = isObject(schema["properties"]) ? schema["properties"] : {};
    const names = new Set(stringsOf(schema["required"]));
    const optional = Object.keys(properties).filter((name) => !names.has(name) && properties[name] !== false);
    const least = typeof schema["minProperties"] === "number" ? schema["minProperties"] : 0;
    const wanted = Math.max(least, depth === 0 ? 1 : 0);
    for (const name of optional.slice(0, Math.max(0, wanted - names.size))) names.add(name);
    for (const [name, others] of Object.entries(
      isObject(schema["dependentRequired"]) ? schema["dependentRequired"] : {},
    )) {
      if (names.has(name)) stringsOf(others).forEach((other) => names.add(other));
    }
    const [pattern] = Object.keys(isObject(schema["patternProperties"]) ? schema["patternProperties"] : {});
    for (let extra = 0; names.size < least && extra < least; extra += 1) {
      const shape = pattern === undefined ? schema["propertyNames"] : { pattern };
      names.add(pickText(isObject(shape) ? shape : {}, [`property_${extra + 1}`], extra));
    }
    return Object.fromEntries(
      [...names].map((name) => [name, this.write(propertySchema(schema, name), depth + 1, skip)]),
    );
  }

  #writeArray(schema: JsonObject, depth: number): unknown[] {
    const { minItems, maxItems, minContains, contains, items, prefixItems } = schema;
    // Draft 7 writes a tuple as `items: […]` and the rest as `additionalItems`.
    const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : [];
    const rest = Array.isArray(items) ? schema["additionalItems"] : items;
    const contained = contains === undefined ? 0 : numberOr(minContains, 1);
    const least = Math.max(numberOr(minItems, 0), contained > 0 ? tuple.length + contained : 0);
    const usual = this.#attempt % 2 === 1 || depth > 4 || rest === false ? 0 : 1;
    const count = Math.min(Math.max(least, usual, tuple.length), numberOr(maxItems, Infinity));
    return Array.from({ length: count }, (_, index) => {
      const item = tuple[index] ?? rest ?? {};
      const holds = contained > 0 && index >= tuple.length && index < tuple.length + contained;
      return this.write(holds ? { allOf: [item, contains] } : item, depth + 1, index);
    });
  }
}

function shortest(branches: unknown[]): number {
  const lengths = branches.map((branch) => {
    const text = JSON.stringify(branch);
    return text.includes('"$ref"') ? Infinity : text.length;
  });
  return Math.max(0, lengths.indexOf(Math.min(...lengths)));
}

function propertySchema(schema: JsonObject, name: string): unknown {
  const { properties, patternProperties, additionalProperties } = schema;
  if (isObject(properties) && Object.hasOwn(properties, name)) return properties[name];
  for (const [pattern, matched] of Object.entries(isObject(patternProperties) ? patternProperties : {})) {
    if (new RegExp(pattern, "u").test(name)) return matched;
  }
  return additionalProperties ?? {};
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
