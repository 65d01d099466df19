import { isObject, type JsonObject, readObject, readObjects, readText, readTexts } from "../api/json.ts";

export interface Operation {
  id: string;
  tags: readonly string[];
  method: string;
  path: string;
  summary: string;
  description: string;
  parameters: readonly JsonObject[];
  /** The schema of the JSON body; undefined where there is none. */
  bodySchema: JsonObject | undefined;
  /** Bodies to try, by name. */
  examples: readonly { name: string; value: unknown }[];
  responses: readonly Answer[];
}

export interface Answer {
  status: string;
  description: string;
  schema: JsonObject | undefined;
  example: unknown;
}

export interface Tag {
  name: string;
  description: string;
  operations: readonly Operation[];
}

export interface ApiDocument {
  title: string;
  version: string;
  description: string;
  tags: readonly Tag[];
  /** Follows a `$ref` of the document; any other schema is returned as it is. */
  resolve: (schema: JsonObject) => JsonObject;
}

const methods: ReadonlySet<string> = new Set(["get", "post", "put", "patch", "delete"]);

/** Reads what the reference shows from an OpenAPI document. */
export function readDocument(document: JsonObject): ApiDocument {
  const info = readObject(document["info"]);
  const resolve = (schema: JsonObject): JsonObject => {
    const reference = readText(schema["$ref"]);
    if (reference === "") return schema;
    const found = reference
      .slice(2)
      .split("/")
      .reduce<unknown>((node, name) => readObject(node)[name], document);
    return { title: reference.slice(reference.lastIndexOf("/") + 1), ...readObject(found) };
  };
  const operations = Object.entries(readObject(document["paths"])).flatMap(([path, item]) =>
    Object.entries(readObject(item))
      .filter(([method]) => methods.has(method))
      .map(([method, operation]) => readOperation({ method, path, operation: readObject(operation), resolve })),
  );
  return {
    title: readText(info["title"]),
    version: readText(info["version"]),
    description: readText(info["description"]),
    resolve,
    tags: readObjects(document["tags"]).map((tag) => ({
      name: readText(tag["name"]),
      description: readText(tag["description"]),
      operations: operations.filter(({ tags }) => tags.includes(readText(tag["name"]))),
    })),
  };
}

interface Read {
  method: string;
  path: string;
  operation: JsonObject;
  resolve: ApiDocument["resolve"];
}

function readOperation({ method, path, operation, resolve }: Read): Operation {
  const content = readObject(readObject(resolve(readObject(operation["requestBody"]))["content"])["application/json"]);
  return {
    id: readText(operation["operationId"]),
    tags: readTexts(operation["tags"]),
    method: method.toUpperCase(),
    path,
    summary: readText(operation["summary"]),
    description: readText(operation["description"]),
    parameters: readObjects(operation["parameters"]).map(resolve),
    bodySchema: isObject(content["schema"]) ? content["schema"] : undefined,
    examples: readExamples(content),
    responses: Object.entries(readObject(operation["responses"])).map(([status, answer]) =>
      readAnswer(status, resolve(readObject(answer))),
    ),
  };
}

function readExamples(content: JsonObject): { name: string; value: unknown }[] {
  const many = Object.entries(readObject(content["examples"])).map(([name, example]) => ({
    name,
    value: readObject(example)["value"],
  }));
  return content["example"] === undefined ? many : [{ name: "example", value: content["example"] }, ...many];
}

function readAnswer(status: string, answer: JsonObject): Answer {
  const content = readObject(readObject(answer["content"])["application/json"]);
  return {
    status,
    description: readText(answer["description"]),
    schema: isObject(content["schema"]) ? content["schema"] : undefined,
    example: readExamples(content)[0]?.value,
  };
}
