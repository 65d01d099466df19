import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listPages } from "../support/list-pages.ts";
import { projectRoot } from "../support/project-paths.ts";
import { connectSocket } from "../support/socket-client.ts";
import { type DevServer, startDev } from "../support/start-dev.ts";

const run = promisify(execFile);

/** A fenced block of a page. */
interface Example {
  page: string;
  language: string;
  code: string;
  line: number;
}

const pages = (await listPages()).map(async (path) => ({
  path,
  text: await readFile(join(projectRoot, path), "utf8"),
}));

const examples: Example[] = (await Promise.all(pages)).flatMap(({ path, text }) =>
  [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map((match) => ({
    page: path,
    language: match[1] ?? "",
    code: match[2] ?? "",
    line: text.slice(0, match.index).split("\n").length,
  })),
);

const localUrl = /\b(http|ws):\/\/localhost:8787/;

const local = examples.filter(({ code }) => localUrl.test(code));

/** Languages of examples that show something and are not run. Codex's configuration is compared in docs.test.ts. */
const shownOnly: ReadonlySet<string> = new Set(["", "json", "md", "sql", "mermaid", "toml"]);

const snippetFolder = join(projectRoot, "test/clients/snippets");
const snippets = await Promise.all(
  (await readdir(snippetFolder)).map((name) => readFile(join(snippetFolder, name), "utf8")),
);

/** How the program that runs an example is called with the example's file. */
const programs: Record<string, { program: string; extension: string }> = {
  sh: { program: "bash", extension: "sh" },
  js: { program: process.execPath, extension: "mjs" },
  python: { program: "python3", extension: "py" },
};

/** What an example that calls the local server prints. */
function expectedOutput(code: string): string {
  if (code.includes("/admin/keys")) return '"object":"admin.key"';
  return code.includes("/v1/usage") ? '"object":"usage"' : "local stand-in for @cf/openai/gpt-oss-20b";
}

/** Commands that only work with an account, a deployment or a whole new clone. */
const needsMore =
  /wrangler login|<your-subdomain>|\$API_TOKEN|^git clone |npm run (setup|deploy|doctor)|npm run dev -- --var/;

describe("the examples", () => {
  let dev: DevServer;
  let folder: string;

  beforeAll(async () => {
    dev = await startDev({ vars: { ADMIN_KEY: "an-admin-key-for-this-machine-only" } });
    // Inside the project, so that an example's imports are found.
    folder = await mkdtemp(join(projectRoot, "node_modules", ".readme-"));
  });

  afterAll(async () => {
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("are in every language that the docs speak of", () => {
    expect(new Set(local.map(({ language }) => language))).toEqual(new Set(["sh", "js", "python"]));
  });

  it.each(local)("run: $language of $page, line $line", async ({ language, code, page, line }) => {
    const { program, extension } = programs[language] ?? { program: "", extension: "" };
    const file = join(folder, `${page.replaceAll("/", "-")}-${line}.${extension}`);
    const address = new URL(dev.url).host;
    await writeFile(file, code.replaceAll("://localhost:8787", `://${address}`));
    const { stdout } = await run(program, [file], { timeout: 30_000 });
    expect(stdout).toContain(expectedOutput(code));
  });

  it("are run, compared with what is answered, or need an account", () => {
    const unknown = examples.filter(({ language, code }) => {
      if (shownOnly.has(language)) return false;
      return !localUrl.test(code) && !snippets.includes(code) && !needsMore.test(code);
    });
    expect(unknown).toEqual([]);
  });

  it("of the clients are the files that the clients' tests run", () => {
    const printed = new Set(examples.map(({ code }) => code));
    for (const snippet of snippets) expect(printed).toContain(snippet);
    expect(snippets.length).toBeGreaterThan(14);
  });

  it("name only npm scripts that exist", async () => {
    const { scripts } = JSON.parse(await readFile(join(projectRoot, "package.json"), "utf8"));
    const named = (await Promise.all(pages))
      .flatMap(({ text }) => [...text.matchAll(/npm (?:run )?(\S+?)(?=[\s`]|$)/gm)].map((match) => match[1] ?? ""))
      .filter((name) => !["ci", "packages", "and", "has"].includes(name));
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });

  it("of an answer are what the local server answers", async () => {
    const shown = examples.find(({ page, code }) => page === "README.md" && code.includes('"object": "response"'));
    expect(await create(dev, { input: "Say hi" })).toMatchObject(matchShortened(JSON.parse(shown?.code ?? "")));
  });

  it("of an error are what the local server answers", async () => {
    const shown = examples.filter(({ language, code }) => language === "json" && code.includes('"error": {'));
    const frames = shown.filter(({ page }) => page === "docs/websocket.md");
    const answers = shown.filter((example) => !frames.includes(example));
    expect(answers.map(({ page }) => page)).toContain("docs/errors.md");
    const refusal = await create(dev, { input: "Say hi", reasoning: { effort: "enormous" } });
    for (const { code } of answers) expect(JSON.parse(code)).toEqual(refusal);
    expect(frames).toHaveLength(1);
    const client = await connectSocket(`${dev.url}/openai/v1/responses`);
    const refused = await client.ask({ input: "Say hi", previous_response_id: "resp_1", store: false });
    for (const { code } of frames) expect(JSON.parse(code)).toEqual(refused);
    client.close();
  });
});

async function create(dev: DevServer, document: object): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${dev.url}/openai/v1/responses`, {
    method: "POST",
    headers,
    body: JSON.stringify(document),
  });
  return answer.json();
}

/** A value in which ids are any text, and texts that end in "…" are only the beginning. */
function matchShortened(value: object): object {
  return JSON.parse(JSON.stringify(value), (key, part: unknown) => {
    if (key === "id") return expect.any(String);
    return typeof part === "string" && part.endsWith("…") ? startingWith(part.slice(0, -1)) : part;
  });
}

function startingWith(start: string): unknown {
  return expect.stringMatching(new RegExp(`^${RegExp.escape(start)}`));
}
