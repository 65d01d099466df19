import { isObject, type JsonObject } from "../model/json-object.ts";

/** Takes one of the branches a schema leaves to choose from, by its place. */
export type Choose = (branches: unknown[]) => number;

/**
 * Turns a schema into one without `$ref`, `allOf`, `anyOf`, `oneOf` and `if` at its top: references followed, one branch of each choice taken,
 * all merged. What no value can meet (`false`) becomes undefined. References are followed inside the document only; another is met by anything.
 */
export function flattenSchema(schema: unknown, root: unknown, choose: Choose): JsonObject | undefined {
  return flatten(schema, { root, choose, seen: [] });
}

interface Walk {
  root: unknown;
  choose: Choose;
  /** References being followed, to stop at one that leads to itself. */
  seen: string[];
}

function flatten(schema: unknown, walk: Walk): JsonObject | undefined {
  if (schema === false) return undefined;
  if (!isObject(schema)) return {};
  const { $ref, allOf, anyOf, oneOf, if: condition, then: met, else: unmet, ...rest } = schema;
  let flat: JsonObject | undefined = rest;
  const add = (branch: unknown, seen = walk.seen): void => {
    const other = flatten(branch, { ...walk, seen });
    flat = flat === undefined || other === undefined ? undefined : mergeSchemas(flat, other);
  };
  if (typeof $ref === "string" && !walk.seen.includes($ref))
    add(followReference($ref, walk.root), [...walk.seen, $ref]);
  for (const branch of Array.isArray(allOf) ? allOf : []) add(branch);
  for (const branches of [anyOf, oneOf]) {
    if (Array.isArray(branches) && branches.length > 0) add(branches[walk.choose(branches)]);
  }
  if (condition !== undefined) {
    if (walk.choose([met ?? true, unmet ?? true]) === 0) {
      add(condition);
      add(met ?? true);
    } else {
      add(unmet ?? true);
    }
  }
  return flat;
}

function followReference(reference: string, root: unknown): unknown {
  if (!reference.startsWith("#")) return {};
  if (reference.length > 1 && reference[1] !== "/") return findAnchor(reference.slice(1), root) ?? {};
  let place = root;
  for (const segment of decodeURIComponent(reference).split("/").slice(1)) {
    const key = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    place = Array.isArray(place) ? place[Number(key)] : isObject(place) ? place[key] : undefined;
  }
  return place ?? {};
}

function findAnchor(name: string, place: unknown): unknown {
  if (Array.isArray(place)) return place.map((inner) => findAnchor(name, inner)).find((found) => found !== undefined);
  if (!isObject(place)) return undefined;
  if (place["$anchor"] === name || place["$id"] === `#${name}`) return place;
  return findAnchor(name, Object.values(place));
}

/** Both schemas at once. */
function mergeSchemas(left: JsonObject, right: JsonObject): JsonObject {
  const merged: JsonObject = { ...left };
  for (const [keyword, value] of Object.entries(right)) {
    merged[keyword] = Object.hasOwn(left, keyword) ? mergeKeyword(keyword, left[keyword], value) : value;
  }
  return merged;
}

function mergeKeyword(keyword: string, left: unknown, right: unknown): unknown {
  switch (keyword) {
    case "required":
      return [...new Set([...listOf(left), ...listOf(right)])];
    case "type":
      return mergeTypes(listOf(left), listOf(right));
    case "enum":
      return listOf(left).filter((value) =>
        listOf(right).some((other) => JSON.stringify(other) === JSON.stringify(value)),
      );
    case "minimum":
    case "exclusiveMinimum":
    case "minLength":
    case "minItems":
    case "minProperties":
      return Math.max(Number(left), Number(right));
    case "maximum":
    case "exclusiveMaximum":
    case "maxLength":
    case "maxItems":
    case "maxProperties":
      return Math.min(Number(left), Number(right));
    case "properties":
      return isObject(left) && isObject(right) ? mergeProperties(left, right) : right;
    case "items":
    case "additionalProperties":
      return { allOf: [left, right] };
    default:
      return right;
  }
}

function mergeTypes(left: unknown[], right: unknown[]): unknown[] {
  const shared = left.filter((type) => right.includes(type));
  const narrowed =
    (left.includes("integer") && right.includes("number")) || (left.includes("number") && right.includes("integer"));
  return narrowed ? [...new Set([...shared, "integer"])] : shared;
}

function mergeProperties(left: JsonObject, right: JsonObject): JsonObject {
  const merged: JsonObject = { ...left };
  for (const [name, schema] of Object.entries(right)) {
    merged[name] = Object.hasOwn(left, name) ? { allOf: [left[name], schema] } : schema;
  }
  return merged;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
