import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../support/project-paths.ts";
import { type DevServer, startDev } from "../support/start-dev.ts";

const run = promisify(execFile);

/** A fenced block of the README. */
interface Example {
  language: string;
  code: string;
  line: number;
}

const readme = await readFile(join(projectRoot, "README.md"), "utf8");
const examples: Example[] = [...readme.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map((match) => ({
  language: match[1] ?? "",
  code: match[2] ?? "",
  line: readme.slice(0, match.index).split("\n").length,
}));

const local = examples.filter(({ code }) => code.includes("http://localhost:8787"));

/** How the program that runs an example is called with the example's file. */
const programs: Record<string, { program: string; extension: string }> = {
  sh: { program: "bash", extension: "sh" },
  js: { program: process.execPath, extension: "mjs" },
  python: { program: "python3", extension: "py" },
};

describe("README", () => {
  let dev: DevServer;
  let folder: string;

  beforeAll(async () => {
    dev = await startDev();
    // Inside the project, so that an example's imports are found.
    folder = await mkdtemp(join(projectRoot, "node_modules", ".readme-"));
  });

  afterAll(async () => {
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("has examples in every language it speaks of", () => {
    expect(new Set(local.map(({ language }) => language))).toEqual(new Set(["sh", "js", "python"]));
  });

  it.each(local)("has a working $language example at line $line", async ({ language, code, line }) => {
    const { program, extension } = programs[language] ?? { program: "", extension: "" };
    const file = join(folder, `line-${line}.${extension}`);
    await writeFile(file, code.replaceAll("http://localhost:8787", dev.url));
    const { stdout } = await run(program, [file], { timeout: 30_000 });
    expect(stdout).toContain("local stand-in for @cf/openai/gpt-oss-20b");
  });

  it("prints the snippets that the clients' tests run, as they are", async () => {
    const snippets = join(projectRoot, "test/clients/snippets");
    const files = await readdir(snippets);
    const printed = new Set(examples.map(({ code }) => code));
    for (const file of files) expect(printed).toContain(await readFile(join(snippets, file), "utf8"));
    expect(files).toHaveLength(6);
  });

  it("names only npm scripts that exist", async () => {
    const { scripts } = JSON.parse(await readFile(join(projectRoot, "package.json"), "utf8"));
    const named = [...readme.matchAll(/npm (?:run )?(\S+?)(?=[\s`]|$)/gm)]
      .map((match) => match[1] ?? "")
      .filter((name) => !["ci", "packages"].includes(name));
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });
});
