import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeExample } from "../../dev/schema-example/write-example.ts";

/** Ajv judges what the local model writes. It needs `eval`, so these tests run in Node. */
const options = { strict: false, validateFormats: false };
const newest = new Ajv2020(options);
const draft7 = new Ajv(options);

function validate(schema: object, value: unknown): string {
  const ajv = JSON.stringify(schema).includes("draft-07") ? draft7 : newest;
  return ajv.validate(schema, value) ? "valid" : `${JSON.stringify(value)} ${ajv.errorsText()}`;
}

const schemas: Record<string, object> = {
  "no properties": { type: "object", properties: {}, required: [], additionalProperties: false },
  "nothing at all": {},
  "a required string": { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  "an enum": { type: "object", properties: { unit: { enum: ["C", "F"] } }, required: ["unit"] },
  "a const": { type: "object", properties: { kind: { const: "a" }, n: { const: null } }, required: ["kind", "n"] },
  "a nullable type": { type: "object", properties: { a: { type: ["null", "integer"] } }, required: ["a"] },
  "only null": { type: "null" },
  "bounds of integers": { type: "integer", minimum: -7, maximum: -3 },
  "exclusive bounds": { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 0.5 },
  "a multiple": { type: "number", multipleOf: 0.25, minimum: 10.1 },
  "a whole multiple": { type: "integer", multipleOf: 7, minimum: 100 },
  "a whole multiple of a fraction": { type: "integer", multipleOf: 1.5, minimum: 2 },
  "lengths of strings": { type: "string", minLength: 30, maxLength: 31 },
  "a short string": { type: "string", maxLength: 3 },
  "an empty string": { type: "string", maxLength: 0 },
  "a pattern": { type: "string", pattern: "^[A-Z]{2}-\\d{3,5}$" },
  "a pattern with alternatives": { type: "string", pattern: "^(?:foo|ba[rz]+)(-[^a-z]{2})?$" },
  "a pattern and a length": { type: "string", pattern: "^[a-f0-9]+$", minLength: 12 },
  "a pattern of a time": { type: "string", pattern: "^([01]\\d|2[0-3]):[0-5]\\d$" },
  "a pattern with escapes": { type: "string", pattern: "^\\w+@\\w+\\.(com|org)$" },
  "a pattern with look-ahead": { type: "string", pattern: "^(?=.*\\d)[a-z0-9]{8}$" },
  "a list": { type: "array", items: { type: "string" }, minItems: 3 },
  "a list of unique items": { type: "array", items: { type: "integer", minimum: 4 }, minItems: 5, uniqueItems: true },
  "a list of unique choices": { type: "array", items: { enum: ["a", "b", "c"] }, minItems: 3, uniqueItems: true },
  "a list of unique patterns": {
    type: "array",
    items: { type: "string", pattern: "^id-[0-9]$" },
    minItems: 3,
    uniqueItems: true,
  },
  "a list of unique objects": {
    type: "array",
    items: { type: "object", properties: { n: { type: "string" } }, required: ["n"] },
    minItems: 3,
    uniqueItems: true,
  },
  "an empty list": { type: "array", items: false },
  "a list of at most none": { type: "array", maxItems: 0 },
  "a tuple": { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], items: false, minItems: 2 },
  "a draft 7 tuple": {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "array",
    items: [{ type: "string" }, { type: "integer" }],
    additionalItems: { type: "boolean" },
    minItems: 3,
  },
  "a list that contains": { type: "array", contains: { const: 5 }, items: { type: "integer" } },
  "anyOf with siblings": {
    type: "object",
    properties: { id: { anyOf: [{ type: "string", minLength: 20 }, { type: "null" }] } },
    required: ["id"],
  },
  "oneOf that overlaps": { oneOf: [{ type: "number" }, { type: "integer" }, { type: "string" }] },
  "oneOf with a discriminator": {
    oneOf: [
      { type: "object", properties: { t: { const: "a" }, x: { type: "integer" } }, required: ["t", "x"] },
      { type: "object", properties: { t: { const: "b" } }, required: ["t"] },
    ],
  },
  allOf: {
    allOf: [
      { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      { properties: { a: { minLength: 12 }, b: { type: "integer" } }, required: ["b"] },
    ],
  },
  "allOf of types": { allOf: [{ type: ["number", "string"] }, { type: "integer" }, { minimum: 3 }] },
  "allOf with a branch of anyOf": {
    allOf: [{ anyOf: [{ type: "string" }, { type: "integer" }] }, { anyOf: [{ type: "integer" }, { type: "null" }] }],
  },
  not: { type: "string", not: { const: "stand-in" } },
  "not of a type": { not: { type: "string" }, anyOf: [{ type: "string" }, { type: "boolean" }] },
  "if and then": JSON.parse(`{
    "type": "object",
    "properties": { "country": { "enum": ["US", "CA"] } },
    "required": ["country"],
    "if": { "properties": { "country": { "const": "US" } } },
    "then": { "properties": { "zip": { "type": "string", "pattern": "^[0-9]{5}$" } }, "required": ["zip"] },
    "else": { "properties": { "code": { "type": "string" } }, "required": ["code"] }
  }`),
  "a reference": {
    $defs: { point: { type: "object", properties: { x: { type: "number" } }, required: ["x"] } },
    type: "object",
    properties: { from: { $ref: "#/$defs/point" }, to: { $ref: "#/$defs/point", description: "where" } },
    required: ["from", "to"],
  },
  "a reference with escapes": { definitions: { "a/b~c d": { type: "integer" } }, $ref: "#/definitions/a~1b~0c%20d" },
  "an anchor": { $defs: { a: { $anchor: "here", type: "boolean" } }, $ref: "#here" },
  "a tree": {
    type: "object",
    properties: { value: { type: "string" }, children: { type: "array", items: { $ref: "#" } } },
    required: ["value", "children"],
    additionalProperties: false,
  },
  "a list linked by anyOf": {
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] }, v: { type: "integer" } },
        required: ["next", "v"],
        additionalProperties: false,
      },
    },
  },
  "property names beyond the known": { type: "object", minProperties: 3, additionalProperties: { type: "integer" } },
  "pattern properties": {
    type: "object",
    patternProperties: { "^x-[a-z]+$": { type: "boolean" } },
    additionalProperties: false,
    minProperties: 2,
  },
  "property names": { type: "object", propertyNames: { pattern: "^[A-Z]+$" }, minProperties: 2 },
  "dependent properties": {
    type: "object",
    properties: { card: { type: "string" }, address: { type: "string" } },
    required: ["card"],
    dependentRequired: { card: ["address"] },
  },
  "a property named __proto__": JSON.parse(
    '{"type":"object","properties":{"__proto__":{"type":"integer"}},"required":["__proto__"]}',
  ),
  "a choice of true and false": { type: "object", properties: { a: true, b: false }, required: ["a"] },
  "what zod writes": {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: {
      city: { type: "string" },
      pop: { type: "number" },
      tags: { type: "array", items: { type: "string" } },
    },
    required: ["city", "pop", "tags"],
    additionalProperties: false,
  },
  "deep nesting": {
    type: "object",
    properties: {
      a: {
        type: "object",
        properties: { b: { type: "array", items: { type: "array", items: { type: "integer" } }, minItems: 2 } },
        required: ["b"],
      },
    },
    required: ["a"],
  },
};

const { schema: anySchema } = fc.letrec<{ schema: object; leaf: object }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom({ type: "boolean" }, { type: "null" }, { type: ["string", "null"] }, {}),
    fc.record({ type: fc.constantFrom("integer", "number"), minimum: fc.integer({ min: -1000, max: 1000 }) }),
    fc
      .tuple(fc.integer({ min: -1000, max: 1000 }), fc.nat(50), fc.constantFrom("integer", "number"))
      .map(([minimum, span, type]) => ({ type, minimum, maximum: minimum + span })),
    fc.record({ type: fc.constant("integer"), multipleOf: fc.integer({ min: 1, max: 60 }), minimum: fc.nat(500) }),
    fc
      .tuple(fc.nat(40), fc.nat(20))
      .map(([minLength, span]) => ({ type: "string", minLength, maxLength: minLength + span })),
    fc.record({ enum: fc.uniqueArray(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 4 }) }),
    fc.record({ const: fc.jsonValue({ maxDepth: 2 }) }),
    fc
      .constantFrom("^[a-z]{3,}$", "^\\d+(\\.\\d{2})?$", "^(a|b|cd)*e$", "x+y?z")
      .map((pattern) => ({ type: "string", pattern })),
  ),
  schema: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    tie("leaf"),
    fc
      .tuple(fc.dictionary(fc.string({ maxLength: 6 }), tie("schema"), { maxKeys: 4 }), fc.boolean(), fc.nat(4))
      .map(([properties, open, count]) => ({
        type: "object",
        properties,
        required: Object.keys(properties).slice(0, count),
        additionalProperties: open,
      })),
    fc.record({ type: fc.constant("array"), items: tie("schema"), minItems: fc.nat(3) }),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.tuple(tie("schema")) }),
  ),
}));

/** Any schema twice: in place, and behind a reference. */
const generatedSchema = fc.tuple(anySchema, anySchema).map(([inPlace, referred]) => ({
  $defs: { it: referred },
  type: "object",
  properties: { a: inPlace, b: { $ref: "#/$defs/it" } },
  required: ["a", "b"],
}));

describe("writeExample", () => {
  test.each(Object.entries(schemas))("writes a valid value for %s", (_, schema) => {
    expect(validate(schema, writeExample(schema))).toBe("valid");
  });

  test.each([
    ["date-time", "2026-01-01T12:00:00Z"],
    ["date", "2026-01-01"],
    ["time", "12:00:00Z"],
    ["email", "person0@example.com"],
    ["uuid", "00000000-0000-4000-8000-000000000000"],
    ["ipv4", "192.0.2.1"],
    ["uri", "https://example.com/0"],
    ["duration", "P1D"],
  ])("writes a %s where the format asks for one", (format, text) => {
    expect(writeExample({ type: "string", format })).toBe(text);
  });

  test("prefers the hints where any text will do", () => {
    const schema = {
      type: "object",
      properties: { from: { type: "string" }, to: { type: "string" } },
      required: ["from"],
    };
    expect(writeExample(schema, ["Paris"])).toEqual({ from: "Paris" });
  });

  test("answers a schema no value can meet within a second", () => {
    const endless = { type: "object", properties: { l: { $ref: "#" }, r: { $ref: "#" } }, required: ["l", "r"] };
    const start = performance.now();
    expect(writeExample(endless)).toBeTypeOf("object");
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test("writes a valid value for 400 generated schemas", () => {
    fc.assert(
      fc.property(generatedSchema, (schema) => {
        expect(validate(schema, writeExample(schema))).toBe("valid");
      }),
      { numRuns: 400 },
    );
  });
});
