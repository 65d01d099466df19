import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorCodes } from "../../openapi/errors.ts";
import { createExamples, examples, exampleStream } from "../../openapi/examples.ts";
import { routes } from "../../openapi/routes.ts";
import { projectRoot } from "../support/project-paths.ts";
import { readEvents } from "../support/read-events.ts";
import { type DevServer, startDev } from "../support/start-dev.ts";

const document = JSON.parse(await readFile(join(projectRoot, "public/openapi.json"), "utf8"));
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document, "document");

/** What is wrong with a value, by one of the document's schemas; nothing when it fits. */
function findFaults(name: string, value: unknown): string[] {
  const validate = ajv.compile({ $ref: `document#/components/schemas/${name}` });
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe("the schemas", () => {
  it.each(Object.entries(createExamples))("take the example request %s, in either mode", (_name, example) => {
    expect(findFaults("NativeCreateRequest", example)).toEqual([]);
    expect(findFaults("CompatCreateRequest", example)).toEqual([]);
  });

  it("refuse what the Worker refuses", () => {
    expect(findFaults("NativeCreateRequest", { input: 5 })).not.toEqual([]);
    expect(findFaults("NativeCreateRequest", { input: "x", reasoning: { effort: "max" } })).not.toEqual([]);
    expect(findFaults("CompatCreateRequest", { input: "x", reasoning: { effort: "max" } })).toEqual([]);
    expect(findFaults("CompatCreateRequest", { input: "x", temperature: 3 })).not.toEqual([]);
    expect(findFaults("CompatCreateRequest", {})).not.toEqual([]);
  });

  it("take the examples of every answer", () => {
    for (const { answer } of routes) {
      if (answer !== undefined) expect(findFaults(answer.json, answer.example)).toEqual([]);
    }
    for (const event of exampleStream) expect(findFaults("StreamEvent", event)).toEqual([]);
    expect(findFaults("Response", examples.response)).toEqual([]);
  });
});

describe("the error codes", () => {
  it("are those of the code, all of them", async () => {
    const files = await readdir(join(projectRoot, "src"), { recursive: true });
    const sources = await Promise.all(
      files.filter((file) => file.endsWith(".ts")).map((file) => readFile(join(projectRoot, "src", file), "utf8")),
    );
    const inSource = sources.flatMap((source) =>
      [...source.matchAll(/(?:\bcode: |\bnotFound\(\s*)(?:[^,"\n]*\? )?"([a-z_]+)"(?: : "([a-z_]+)")?/g)].flatMap(
        (match) => match.slice(1),
      ),
    );
    // What a Response that failed may have as its own `error.code`, which is OpenAI's list.
    const ofResponses = new Set(["invalid_prompt", "server_error"]);
    const codes = new Set(inSource.filter((code) => code !== undefined && !ofResponses.has(code)));
    expect(Object.keys(errorCodes).toSorted()).toEqual([...codes].toSorted());
  });
});

describe("what the Worker answers", () => {
  let dev: DevServer;

  beforeAll(async () => {
    dev = await startDev({ vars: { MODE: "compat" } });
  });

  afterAll(() => dev?.stop());

  async function create(body: object): Promise<Response> {
    return fetch(`${dev.url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  it.each(Object.entries(createExamples))("to the example %s fits the schemas", async (_name, example) => {
    const whole = await (await create({ ...example, stream: false })).json();
    expect(findFaults("Response", whole)).toEqual([]);
    const events = readEvents(await (await create({ ...example, stream: true })).text());
    expect(events.length).toBeGreaterThan(5);
    for (const event of events) expect(findFaults("StreamEvent", event)).toEqual([]);
  });

  it.each([
    ["/health", "Health"],
    ["/v1/models", "ModelList"],
    ["/v1/models/gpt-oss-20b", "Model"],
    ["/v1/usage", "UsageReport"],
    ["/nowhere", "Error"],
    ["/v1/responses/resp_none", "Error"],
  ])("at %s fits %s", async (path, schema) => {
    expect(findFaults(schema, await (await fetch(`${dev.url}${path}`)).json())).toEqual([]);
  });
});
