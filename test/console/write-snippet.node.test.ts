import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "smol-toml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Language, snippets } from "../../console/inspector/write-snippet.ts";
import { projectRoot } from "../support/project-paths.ts";

const run = promisify(execFile);

/** Whatever breaks quoting: quotes, backslashes, dollars, backticks, line ends, and text that looks like the code around it. */
const nasty = `it's "quoted" \\ \\n $HOME \`id\` $(id) 'EOF'\n\ttab 😀 \u2028 ''' """ #{x} %s {y} </script> ' \\' !`;

const body = {
  model: "@cf/openai/gpt-oss-20b",
  instructions: nasty,
  tools: [{ type: "function", name: "f", parameters: { [nasty]: [true, false, null, 1.5e300, -0.1, {}, []] } }],
  input: nasty,
};

/** What arrives, as it was sent. */
const received: { path: string | undefined; authorization: string | undefined; body: unknown }[] = [];
const server = createServer((request, response) => {
  void Array.fromAsync(request).then((pieces) => {
    const text = Buffer.concat(pieces as Buffer[]).toString("utf8");
    received.push({ path: request.url, authorization: request.headers.authorization, body: JSON.parse(text) });
    response.setHeader("content-type", "application/json").end('{"object":"response","output":[]}');
  });
});
let origin = "";
let folder = "";

beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(projectRoot, "node_modules", ".snippet-"));
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a snippet as a person would who pasted it into a file. */
async function runSnippet(
  language: Language,
  { needsKey = true, call = body }: { needsKey?: boolean; call?: object } = {},
) {
  received.length = 0;
  const { program, name } = {
    curl: { program: "bash", name: "snippet.sh" },
    javascript: { program: process.execPath, name: "snippet.mjs" },
    python: { program: "python3", name: "snippet.py" },
    codex: { program: "", name: "" },
  }[language];
  const file = join(folder, name);
  await writeFile(file, snippets[language]({ baseUrl: `${origin}/openai/v1`, body: { ...call }, needsKey }));
  const { stdout } = await run(program, [file], {
    env: { ...process.env, RESPONSES_API_KEY: "key-0123456789abcdef", PYTHONPATH: folder },
  });
  return stdout;
}

describe.each(["curl", "javascript"] as const)("the %s snippet", (language) => {
  it("sends the very request, with the key from the environment", async () => {
    await runSnippet(language);
    expect(received).toEqual([{ path: "/openai/v1/responses", authorization: "Bearer key-0123456789abcdef", body }]);
  });

  it("runs where no key is needed", async () => {
    await runSnippet(language, { needsKey: false });
    expect(received).toHaveLength(1);
    expect(received[0]?.authorization).not.toBe("Bearer key-0123456789abcdef");
  });

  it("streams when the request does", async () => {
    await runSnippet(language, { call: { ...body, stream: true } });
    expect(received[0]?.body).toEqual({ ...body, stream: true });
  });
});

describe("the Python snippet", () => {
  it.each([true, false])("calls the client with the very request, streaming: %s", async (stream) => {
    // Stands for the package: what is tested is that the literals mean what the request says.
    await writeFile(
      join(folder, "openai.py"),
      `import json
class OpenAI:
    def __init__(self, base_url, api_key):
        self.responses = self
        print(json.dumps({"base_url": base_url, "api_key": api_key}))
    output_text = ""
    def create(self, **arguments):
        print(json.dumps(arguments))
        return [] if arguments.get("stream") else self
`,
    );
    const call = stream ? { ...body, stream } : body;
    const [client = "", sent = ""] = (await runSnippet("python", { call })).split("\n");
    expect(JSON.parse(client)).toEqual({ base_url: `${origin}/openai/v1`, api_key: "key-0123456789abcdef" });
    expect(JSON.parse(sent)).toEqual(call);
  });
});

describe("the Codex snippet", () => {
  it("is the configuration of a provider", () => {
    const codex = snippets.codex({
      baseUrl: `${origin}/openai/v1`,
      body: { model: 'odd "name"', reasoning: { effort: "low" } },
      needsKey: true,
    });
    expect(parse(codex)).toEqual({
      model: 'odd "name"',
      model_provider: "workers-ai",
      model_reasoning_effort: "low",
      model_providers: {
        "workers-ai": {
          name: "Responses API on Workers AI",
          base_url: `${origin}/openai/v1`,
          wire_api: "responses",
          env_key: "RESPONSES_API_KEY",
        },
      },
    });
  });

  it("asks for no key where none is needed", () => {
    const codex = snippets.codex({ baseUrl: origin, body: { model: "m" }, needsKey: false });
    expect(parse(codex)).not.toHaveProperty("model_providers.workers-ai.env_key");
  });
});
