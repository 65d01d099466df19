import type { JsonObject } from "../api/json.ts";

export interface SnippetCall {
  /** The base URL of the API, without a slash at the end. */
  baseUrl: string;
  body: JsonObject;
  needsKey: boolean;
}

export type Language = "curl" | "javascript" | "python" | "codex";

/** A request as a program that makes it. The key is never written out: programs take it from RESPONSES_API_KEY. */
export const snippets: Record<Language, (call: SnippetCall) => string> = {
  curl: ({ baseUrl, body, needsKey }) =>
    [
      `curl ${body["stream"] === true ? "-N " : ""}${quoteForShell(`${baseUrl}/responses`)}`,
      "-H 'content-type: application/json'",
      ...(needsKey ? ['-H "authorization: Bearer $RESPONSES_API_KEY"'] : []),
      `-d ${quoteForShell(JSON.stringify(body, null, 2))}`,
    ].join(" \\\n  "),

  javascript: ({ baseUrl, body, needsKey }) => `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: ${JSON.stringify(baseUrl)},
  apiKey: ${needsKey ? "process.env.RESPONSES_API_KEY" : '"not-needed"'},
});

${
  body["stream"] === true
    ? `const stream = await client.responses.create(${JSON.stringify(body, null, 2)});
for await (const event of stream) {
  if (event.type === "response.output_text.delta") process.stdout.write(event.delta);
}`
    : `const response = await client.responses.create(${JSON.stringify(body, null, 2)});
console.log(response.output_text);`
}
`,

  python: ({ baseUrl, body, needsKey }) => `${needsKey ? "import os\n\n" : ""}from openai import OpenAI

client = OpenAI(
    base_url=${JSON.stringify(baseUrl)},
    api_key=${needsKey ? 'os.environ["RESPONSES_API_KEY"]' : '"not-needed"'},
)

${
  body["stream"] === true
    ? `stream = client.responses.create(
${writeArguments(body)})
for event in stream:
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)`
    : `response = client.responses.create(
${writeArguments(body)})
print(response.output_text)`
}
`,

  codex: ({ baseUrl, body, needsKey }) => {
    const { model, reasoning } = body;
    const effort = reasoning instanceof Object && "effort" in reasoning ? reasoning.effort : undefined;
    return `# ~/.codex/config.toml
model = ${JSON.stringify(model)}
model_provider = "workers-ai"
${effort === undefined ? "" : `model_reasoning_effort = ${JSON.stringify(effort)}\n`}
[model_providers.workers-ai]
name = "Responses API on Workers AI"
base_url = ${JSON.stringify(baseUrl)}
wire_api = "responses"
${needsKey ? 'env_key = "RESPONSES_API_KEY"\n' : ""}`;
  },
};

/** One word for a POSIX shell: within single quotes only the quote itself means anything. */
function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function writeArguments(body: JsonObject): string {
  return Object.entries(body)
    .map(([name, value]) => `    ${name}=${writePython(value, "    ")},\n`)
    .join("");
}

/** A JSON value as a Python literal. JSON's strings and numbers are Python's too. */
function writePython(value: unknown, indent: string): string {
  const inner = `${indent}    `;
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((entry) => `${inner}${writePython(entry, inner)},\n`).join("")}${indent}]`;
  }
  if (typeof value === "object") {
    const entries = Object.entries(value ?? {});
    if (entries.length === 0) return "{}";
    const lines = entries.map(([key, entry]) => `${inner}${JSON.stringify(key)}: ${writePython(entry, inner)},\n`);
    return `{\n${lines.join("")}${indent}}`;
  }
  return JSON.stringify(value);
}
