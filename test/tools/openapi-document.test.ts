import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorCodes } from "../../tools/openapi/errors.ts";
import { createExamples, examples, exampleStream } from "../../tools/openapi/examples.ts";
import { routes } from "../../tools/openapi/routes.ts";
import { projectRoot } from "../support/project-paths.ts";
import { readRecordedRequests } from "../support/recorded-requests.ts";
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

  it("take every create request real clients were recorded with", async () => {
    const recorded = await readRecordedRequests();
    const sent = recorded.filter(
      ({ method, path, body }) => method === "POST" && path.endsWith("/responses") && body instanceof Object,
    );
    expect(sent.length).toBeGreaterThan(80);
    for (const { name, body } of sent) expect([name, findFaults("CompatCreateRequest", body)]).toEqual([name, []]);
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
    const ofResponses = ["invalid_prompt", "server_error"];
    // Zod's own, of a finding that carries the code a client sees.
    const others = new Set([...ofResponses, "custom"]);
    const codes = new Set(inSource.filter((code) => code !== undefined && !others.has(code)));
    expect(Object.keys(errorCodes).toSorted()).toEqual([...codes].toSorted());
  });
});

describe.each(["native", "compat"] as const)("what the Worker answers in %s mode", (mode) => {
  let dev: DevServer;

  beforeAll(async () => {
    dev = await startDev({ vars: { MODE: mode } });
  });

  afterAll(() => dev?.stop());

  async function send(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${dev.url}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
  }

  const create = (body: object) => send("POST", "/v1/responses", body);

  /** What is wrong with a call's answer, by the schema that the document has for its status. */
  async function findFaultsOf(
    method: "get" | "post" | "delete",
    path: string,
    { at, body }: { at: string; body?: object },
  ) {
    const answer = await send(method.toUpperCase(), path, body);
    const described = document.paths[at][method].responses[answer.status].content["application/json"].schema;
    return [answer.status, findFaults(described.$ref.split("/").at(-1), await answer.json())];
  }

  const requests = {
    ...createExamples,
    summary: { input: "Say hi", reasoning: { effort: "low", summary: "auto" } },
    cut: { input: "Say hi", max_output_tokens: 16 },
  };
  const [responseSchema, eventSchema] =
    mode === "native" ? ["NativeResponse", "NativeStreamEvent"] : ["Response", "StreamEvent"];

  it.each(Object.entries(requests))("to the request %s fits the schemas", async (_name, request) => {
    const whole = await (await create({ ...request, stream: false })).json();
    for (const schema of [responseSchema, "AnyResponse"]) expect(findFaults(schema, whole)).toEqual([]);
    const events = readFrames(await (await create({ ...request, stream: true })).text());
    expect(events.length).toBeGreaterThan(4);
    for (const event of events) {
      for (const schema of [eventSchema, "AnyStreamEvent"]) expect(findFaults(schema, event)).toEqual([]);
    }
  });

  it("to a failure within the stream fits the schemas", async () => {
    const answer = await create({ input: "[error midstream]", stream: true });
    const text = await answer.text().catch(() => "");
    for (const event of readFrames(text)) expect(findFaults(eventSchema, event)).toEqual([]);
    if (mode === "compat") expect(text).toContain("event: response.failed");
  });

  it("of stored responses and background runs fits the schemas", async () => {
    const at = "/v1/responses/{response_id}";
    const path = `/v1/responses/${await readId(await create({ input: "Say hi" }))}`;
    expect(await findFaultsOf("get", path, { at })).toEqual([200, []]);
    expect(await findFaultsOf("get", `${path}/input_items`, { at: `${at}/input_items` })).toEqual([200, []]);
    expect(await findFaultsOf("post", `${path}/cancel`, { at: `${at}/cancel` })).toEqual([400, []]);
    expect(await findFaultsOf("delete", path, { at })).toEqual([200, []]);
    expect(await findFaultsOf("get", path, { at })).toEqual([404, []]);

    const queued = await create({ input: "Say hi", background: true });
    expect(findFaults("Response", await queued.clone().json())).toEqual([]);
    const run = `/v1/responses/${await readId(queued)}`;
    expect(await findFaultsOf("post", `${run}/cancel`, { at: `${at}/cancel` })).toEqual([200, []]);
    expect(await findFaultsOf("get", run, { at })).toEqual([200, []]);
  });

  it("of conversations fits the schemas", async () => {
    const at = "/v1/conversations/{conversation_id}";
    const body = { metadata: { topic: "greetings" }, items: [{ role: "user", content: "Say hi" }] };
    const made = await send("POST", "/v1/conversations", body);
    expect(findFaults("Conversation", await made.clone().json())).toEqual([]);
    const path = `/v1/conversations/${await readId(made)}`;
    expect(await findFaultsOf("get", path, { at })).toEqual([200, []]);
    expect(await findFaultsOf("post", path, { at, body: { metadata: {} } })).toEqual([200, []]);
    const items = `${path}/items`;
    expect(await findFaultsOf("post", items, { at: `${at}/items`, body: { items: body.items } })).toEqual([200, []]);
    expect(await findFaultsOf("get", items, { at: `${at}/items` })).toEqual([200, []]);
    const { first_id } = (await (await send("GET", items)).json()) as { first_id: string };
    expect(await findFaultsOf("get", `${items}/${first_id}`, { at: `${at}/items/{item_id}` })).toEqual([200, []]);
    expect(await findFaultsOf("delete", `${items}/${first_id}`, { at: `${at}/items/{item_id}` })).toEqual([200, []]);
    expect(await findFaultsOf("delete", path, { at })).toEqual([200, []]);
    expect(await findFaultsOf("get", path, { at })).toEqual([404, []]);
  });

  it.each(["input_tokens", "compact"])("to %s fits the schemas", async (route) => {
    const at = `/v1/responses/${route}`;
    const body = { model: "gpt-oss-20b", input: "Say hi" };
    expect(await findFaultsOf("post", at, { at, body })).toEqual([mode === "compat" ? 200 : 404, []]);
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

/** The events of a stream, whichever of its ends it has. */
function readFrames(text: string): unknown[] {
  return [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data = ""]) => JSON.parse(data) as unknown);
}

async function readId(answer: Response): Promise<string> {
  return ((await answer.json()) as { id: string }).id;
}
