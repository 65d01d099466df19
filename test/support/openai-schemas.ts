import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { projectRoot } from "./project-paths.ts";

type Schema = Record<string, unknown>;

const path = join(projectRoot, "test/fixtures/openai-openapi-2.3.0/schemas.json");
const schemas: Record<string, Schema> = JSON.parse(await readFile(path, "utf8"));
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema({ $id: "openai", $defs: narrowUnions(schemas) });

/**
 * Where a value differs from one of OpenAI's schemas, and how; nothing when it fits. Positions in
 * arrays are left out: `/output/[]/summary must be array`.
 */
export function differences(name: string, value: unknown): string[] {
  if (!(name in schemas)) throw new Error(`no schema is named ${name}`);
  const validate = ajv.getSchema(`openai#/$defs/${name}`) ?? ajv.compile({ $ref: `openai#/$defs/${name}` });
  if (validate(value) === true) return [];
  const seen = (validate.errors ?? [])
    .filter(({ keyword }) => !["anyOf", "oneOf", "not"].includes(keyword))
    .map(({ instancePath, message, params }) => {
      const where = instancePath.replaceAll(/\/\d+(?=\/|$)/g, "/[]");
      const values = "allowedValues" in params ? `: ${params["allowedValues"].join(", ")}` : "";
      return `${where} ${message}${values}`;
    });
  return [...new Set(seen)];
}

/**
 * A union whose members each name their `type` becomes a choice by that type, so that a value that fits none is held
 * against the one member it means to be, not against all of them.
 */
function narrowUnions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(narrowUnions);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, narrowUnions(inner)] as const);
  const schema = Object.fromEntries(entries);
  for (const keyword of ["anyOf", "oneOf"]) {
    const members = schema[keyword];
    const choice = Array.isArray(members) ? chooseByType(members) : undefined;
    if (choice === undefined) continue;
    const { [keyword]: _union, discriminator: _discriminator, ...rest } = schema;
    return { ...rest, ...choice };
  }
  return schema;
}

function chooseByType(members: Schema[]): Schema | undefined {
  const byType = new Map<string, Schema[]>();
  for (const member of members) {
    const types = typesOf(member);
    if (types === undefined) return undefined;
    for (const type of types) byType.set(type, [...(byType.get(type) ?? []), member]);
  }
  return {
    type: "object",
    required: ["type"],
    properties: { type: { enum: [...byType.keys()] } },
    allOf: [...byType].map(([type, named]) => ({
      anyOf: [{ not: { properties: { type: { const: type } } } }, ...named],
    })),
  };
}

/** The values that a schema allows for its `type`, where it demands one. */
function typesOf(schema: Schema): string[] | undefined {
  const named = typeof schema["$ref"] === "string" ? schemas[schema["$ref"].split("/").at(-1) ?? ""] : schema;
  const { properties, anyOf, oneOf, allOf } = (named ?? {}) as UnionOrObject;
  if (properties?.type?.enum !== undefined) return properties.type.enum;
  if (allOf !== undefined) return allOf.map(typesOf).find((types) => types !== undefined);
  const types = (anyOf ?? oneOf)?.map(typesOf);
  return types?.includes(undefined) === true ? undefined : types?.flatMap((type) => type ?? []);
}

interface UnionOrObject {
  properties?: { type?: { enum?: string[] } };
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/**
 * Where answers differ from OpenAI's own OpenAPI document, and why. The reason that most have is Open Responses
 * (openresponses.org): it requires keys, as null, that OpenAI's document wants left out or filled.
 */
export const knownDifferences: Readonly<Record<string, string>> = {
  "/usage must be object": "null until it is known, as OpenAI's own API sends it and Open Responses requires it",
  "/text/format/description must be string": "null where there is none, as OpenAI's own API echoes it",
  "/data/[] must have required property 'request_id'":
    "of an mcp_approval_response: the document requires what it describes nowhere, and openai-node 7.57 does not know",
};

/** The known difference that this is, wherever the Response stands that has it. */
export function findKnown(difference: string): string | undefined {
  return Object.keys(knownDifferences).find((name) => difference === name || difference === `/response${name}`);
}

/** `incomplete` is a status in openai-node 7.57, which is newer than the document. */
const newerStatus = /\/status must be equal to one of the allowed values: in_progress, searching, completed, failed$/;

/** Where the events of a stream differ from the document, each with its type, less what is known. */
export function judgeEvents(events: readonly { type: string }[]): [string, string][] {
  return events.flatMap((event) =>
    differences("ResponseStreamEvent", event)
      .filter((difference) => findKnown(difference) === undefined && !newerStatus.test(difference))
      .map((difference): [string, string] => [event.type, difference]),
  );
}
