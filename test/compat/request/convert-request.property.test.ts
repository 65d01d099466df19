import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../../src/errors.ts";
import { readJsonObject as readBody } from "../../../src/http/read-json.ts";
import { renderWarnings } from "../../../src/http/warnings.ts";
import type { JsonRecord } from "../../../src/protocol/json.ts";
import { recordedRequests } from "./client-requests.ts";
import { convert } from "./convert.ts";

/** A document as it comes out of a request's body. */
function read(source: string) {
  return readBody(Uint8Array.from(new TextEncoder().encode(source)).buffer);
}

/** Converts, and fails on whatever a client must not cause: any error but a refusal that names what is wrong. */
async function convertOrRefuse(document: JsonRecord) {
  try {
    const { inputs, response, warnings, translation } = await convert(document, {
      reasoningKey: "a-reasoning-key-of-32-characters",
    });
    expect(inputs.messages.length).toBeGreaterThan(0);
    expect(inputs.max_tokens).toBeGreaterThanOrEqual(1);
    for (const name of translation.tools.keys()) expect(name).toMatch(/^[\w-]{1,64}$/);
    expect(renderWarnings(warnings) ?? "").toMatch(/^[\u0020-\u007e]{0,2300}$/);
    JSON.stringify([inputs, response]);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // 404: a model that is not there.
    expect([400, 404]).toContain(error.status);
  }
}

const value = fc.jsonValue({ maxDepth: 3 });
const text = fc.string({ unit: "binary", maxLength: 20 });
const types = (...names: string[]) => fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, text);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 8, arbitrary }, value);
const requiredFew = { requiredKeys: [] as [] };

const fileSource = fc.oneof(
  text,
  fc.base64String({ maxLength: 40 }),
  fc.constantFrom(
    "data:,a%20text",
    "data:text/plain;charset=utf-16le;base64,YQBiAA==",
    "data:application/pdf;base64,JVBERi0=",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
    "https://example.com/a.txt",
    "http://localhost/",
  ),
);
const part = fc.record(
  {
    type: types("input_text", "output_text", "refusal", "input_image", "input_file", "input_audio", "summary_text"),
    image_url: maybe(fileSource),
    file_data: maybe(fileSource),
    file_url: maybe(fileSource),
    input_audio: maybe(fc.record({ data: fileSource, format: text })),
    text: maybe(text),
    refusal: maybe(text),
    filename: maybe(text),
  },
  requiredFew,
);
const content = fc.oneof(text, fc.array(maybe(part), { maxLength: 3 }), value);
const name = fc.constantFrom("a", "b", "a b", "__proto__", "constructor", "x".repeat(70));
const item = fc.record(
  {
    type: types(
      "message",
      "reasoning",
      "function_call",
      "function_call_output",
      "custom_tool_call",
      "custom_tool_call_output",
      "web_search_call",
      "compaction",
    ),
    role: types("user", "assistant", "system", "developer"),
    content,
    summary: content,
    output: content,
    call_id: maybe(name),
    name: maybe(name),
    namespace: maybe(name),
    arguments: maybe(text),
    input: maybe(text),
    encrypted_content: maybe(fc.constantFrom("v1.AAAA", "p1.QUJD", "gAAAA")),
  },
  requiredFew,
);
const tool: fc.Arbitrary<unknown> = fc.record(
  {
    type: types("function", "custom", "namespace", "web_search"),
    name: maybe(name),
    description: maybe(text),
    parameters: value,
    strict: value,
    format: value,
    tools: fc.array(fc.record({ type: types("function", "custom"), name: maybe(name) }), { maxLength: 3 }),
  },
  requiredFew,
);
const document = fc.record(
  {
    input: fc.oneof(text, fc.array(maybe(item), { maxLength: 6 }), value),
    instructions: maybe(text),
    tools: maybe(fc.array(maybe(tool), { maxLength: 4 })),
    tool_choice: fc.oneof(
      fc.constantFrom("auto", "none", "required"),
      fc.record({ type: types("function", "custom", "allowed_tools"), name, mode: types("auto", "required") }),
      value,
    ),
    text: maybe(fc.record({ format: fc.record({ type: types("json_schema", "text"), schema: value }) }, requiredFew)),
    reasoning: maybe(fc.record({ effort: types("low", "max"), summary: types("auto") }, requiredFew)),
    include: maybe(fc.array(types("reasoning.encrypted_content"), { maxLength: 3 })),
    truncation: types("auto", "disabled"),
    max_output_tokens: maybe(fc.integer()),
    top_p: maybe(fc.double()),
    metadata: value,
    prompt_cache_key: maybe(text),
  },
  requiredFew,
);

describe("any JSON", () => {
  it("is converted or refused by name", async () => {
    await fc.assert(fc.asyncProperty(fc.dictionary(text, value, { maxKeys: 6 }), convertOrRefuse), { numRuns: 300 });
  });

  it("of a request's shape is converted or refused by name", async () => {
    await fc.assert(fc.asyncProperty(document, convertOrRefuse), { numRuns: 1_500 });
  });

  it("that was a client's request with one value replaced is converted or refused by name", async () => {
    const replaced = fc.tuple(fc.constantFrom(...recordedRequests), fc.nat(), value).map(([{ body }, at, other]) => {
      let index = 0;
      const count = [...JSON.stringify(body).matchAll(/[:,[]/g)].length;
      const changed = JSON.stringify(body, (key, old: unknown) => (key !== "" && index++ === at % count ? other : old));
      return read(changed);
    });
    await fc.assert(fc.asyncProperty(replaced, convertOrRefuse), { numRuns: 1_500 });
  });

  it("with numbers no double holds is converted or refused by name", async () => {
    const big = "123456789012345678901234567890";
    for (const source of [
      `{"input":"x","max_output_tokens":${big}}`,
      `{"input":"x","temperature":${big}}`,
      `{"input":[{"role":"user","content":${big}}]}`,
      `{"input":[${big}]}`,
      `{"input":[{"type":"function_call","call_id":"a","name":"f","arguments":${big}}]}`,
      `{"input":[{"type":"function_call","call_id":"a","name":"f","arguments":{"n":${big}}}]}`,
      `{"input":"x","metadata":{"n":${big}},"tools":[{"type":"function","name":"f","parameters":{"type":[${big}],"enum":[${big}],"properties":{"a":${big}}}}]}`,
      `{"input":"x","tools":[${big}],"tool_choice":${big}}`,
      `{"input":"x","text":{"format":{"type":"json_schema","schema":${big}}}}`,
    ]) {
      await convertOrRefuse(read(source));
    }
  });

  it("of many megabytes or levels is done with in one pass", async () => {
    const deep = `{"input":"x","tools":[{"type":"function","name":"f","parameters":${'{"type":"object","properties":{"a":'.repeat(400)}{}${"}}".repeat(400)}}]}`;
    await convertOrRefuse(read(deep));
    const calls = Array.from({ length: 20_000 }, (_, n) => ({
      type: "function_call",
      call_id: `c${n}`,
      name: "f",
      arguments: "{}",
    }));
    await convertOrRefuse({ input: calls, truncation: "auto" });
    await convertOrRefuse({ input: "word ".repeat(1_000_000), truncation: "auto" });
    await convertOrRefuse({
      input: Array.from({ length: 50_000 }, (_, n) => ({
        role: n % 2 ? "assistant" : "user",
        content: "x ".repeat(20),
      })),
      truncation: "auto",
    });
  });
});
