import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, it, test } from "vitest";
import { drawCharts } from "../../tools/bench/draw-charts.ts";
import { errorCodes } from "../../tools/openapi/errors.ts";
import { listPages } from "../support/list-pages.ts";
import { projectRoot } from "../support/project-paths.ts";

const pages = await listPages();

function read(path: string): Promise<string> {
  return readFile(join(projectRoot, path), "utf8");
}

/** `found` without what the docs are ahead with. */
/** The rows of the table below a heading, each a list of its cells, without the table's own heading. */
function rowsBelow(text: string, heading: string): string[][] {
  const [, section = ""] = text.split(`\n## ${heading}\n`);
  const table = /^\|[^]*?(?=\n\n)/m.exec(section)?.[0] ?? "";
  return table.split("\n").slice(2).map(readCells);
}

function readCells(row: string): string[] {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** `` `A`, `B` `` → A and B. */
function quoted(cell = ""): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? "");
}

describe("docs/settings.md", async () => {
  const page = await read("docs/settings.md");
  const rows = page
    .split("\n")
    .filter((line) => /^\| `[A-Z]/.test(line))
    .map(readCells);

  it("has every setting and binding, and no other", async () => {
    const files = [
      "src/config.ts",
      "src/bindings.ts",
      "src/hosted-tool-settings.ts",
      "src/budget-settings.ts",
      "src/price-settings.ts",
    ];
    const source = (await Promise.all(files.map(read))).join("\n");
    const settings = [...source.matchAll(/^ {2}([A-Z_]+): z/gm)].map(([, name = ""]) => name);
    const bindings = [...source.matchAll(/^ {2}([A-Z_]+)\?: (?!readonly|string)/gm)].map(([, name = ""]) => name);
    expect(settings.length).toBeGreaterThan(15);
    expect(bindings.length).toBeGreaterThan(6);
    expect(rows.flatMap(([name]) => quoted(name)).toSorted()).toEqual([...settings, ...bindings].toSorted());
  });

  it("has the defaults", async () => {
    const source = await read("src/config.ts");
    const [, model = ""] = /\[model = "([^"]+)", \.\.\.models\] = data\.MODELS/.exec(source) ?? [];
    const defaults = new Map([
      ...[...source.matchAll(/data\.([A-Z_]+) \?\? ([^,;)]+)/g)].map(
        ([, name = "", value = ""]) => [name, value.replaceAll(/["[\]]|(?<=\d)_/g, "")] as const,
      ),
      ["MODELS", model] as const,
    ]);
    const shown = rows.filter(([, kind, value]) => kind === "var" && quoted(value).length === 1);
    expect(shown.length).toBeGreaterThan(8);
    for (const [name, , value] of shown) {
      const setting = quoted(name).join("");
      expect([setting, defaults.get(setting)]).toEqual([setting, quoted(value).join("")]);
    }
  });
});

test("docs/modes.md has the routes of the OpenAPI document, and the pages", async () => {
  const { paths } = JSON.parse(await read("public/openapi.json"));
  const described = Object.entries<object>(paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => ["get", "post", "patch", "delete"].includes(method))
      .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{[^}]+\}/g, ":id")}`),
  );
  const shown = rowsBelow(await read("docs/modes.md"), "Routes").flatMap(([cell]) => {
    const methods: string[] = [];
    return quoted(cell).flatMap((text) => {
      const [method = "", path] = text.split(" ");
      methods.push(method);
      // `GET`, `POST /path`: the methods before share the path.
      return path === undefined ? [] : methods.splice(0).map((each) => `${each} ${path.replace(":item", ":id")}`);
    });
  });
  const pagesOnly = ["GET /", "GET /reference"];
  expect(shown.toSorted()).toEqual([...described, ...pagesOnly].toSorted());
});

test("docs/errors.md has every error code, with its statuses and its meaning", async () => {
  const rows = rowsBelow(await read("docs/errors.md"), "Codes");
  const shown = rows.map(([code, statuses, when]) => [quoted(code).join(""), statuses, when]);
  expect(shown).toEqual(
    Object.entries(errorCodes).map(([code, { statuses, when }]) => [code, statuses.join(", "), when]),
  );
});

test("docs/clients.md names the versions of the clients that are tested", async () => {
  const { dependencies, optionalDependencies } = JSON.parse(await read("test/clients/package.json"));
  const installed = { ...dependencies, ...optionalDependencies };
  const rows = (await read("docs/clients.md")).match(/^\|.*$/gm)?.slice(2) ?? [];
  const named = rows
    .filter((row) => !row.includes("(Python)"))
    .flatMap(
      (row) =>
        row
          .split("|")[1]
          ?.split(",")
          .map((name) => name.trim()) ?? [],
    );
  expect(named.length).toBeGreaterThan(15);
  for (const [name, version] of named.map((text) => text.split(" "))) {
    expect([name, version]).toEqual([name, installed[name ?? ""]]);
  }
});

test.each(pages)("%s links to files and headings that are there", async (page) => {
  const text = await read(page);
  const targets = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g), ...text.matchAll(/(?:src|srcset)="([^"]+)"/g)];
  for (const [, target = ""] of targets) {
    const [path = "", heading] = target.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    expect(existsSync(join(projectRoot, file)), `${page} → ${target}`).toBe(true);
    if (heading !== undefined) expect(anchorsOf(await read(file)), `${page} → ${target}`).toContain(heading);
  }
});

describe("the README", async () => {
  const readme = await read("README.md");

  it("is read in a minute: 9 KiB at most", () => {
    expect(Buffer.byteLength(readme)).toBeLessThanOrEqual(9_216);
  });

  it("opens with what it is, what was not tried, and how to start", () => {
    const opening = readme.slice(0, 2_500);
    for (const text of ["OpenAI Responses API", "Not tried live", "npm ci\nnpm run dev"])
      expect(opening).toContain(text);
  });

  it("configures Codex as the tested configuration does", async () => {
    const [, shown = ""] = /^```toml\n([^]*?)^```$/m.exec(readme) ?? [];
    const tested = parse(await read("test/clients/snippets/codex-config.toml"));
    expect(tested).toMatchObject(parse(shown));
  });
});

test.each(pages)("%s has no line that a person has to scroll for", async (page) => {
  // Lists of tests and changes have a line for each; a link, a table or a picture can't be broken.
  if (["test/README.md", "CHANGELOG.md"].includes(page)) return;
  const longest = page === "README.md" ? 160 : 190;
  const prose = (await read(page)).replaceAll(/^```[^]*?^```$/gm, "").split("\n");
  const long = prose.filter((line) => line.length > longest && !/^\||\]\(|https?:|^ *<img/.test(line));
  expect(long).toEqual([]);
});

test("tables of the README are no wider than a page", async () => {
  const rows = (await read("README.md")).split("\n").filter((line) => line.startsWith("|"));
  for (const row of rows) expect(row.length).toBeLessThanOrEqual(120);
});

test("the charts show what the benches measured", async () => {
  for (const [name, svg] of await drawCharts()) {
    expect(svg).not.toContain("NaN");
    expect(await read(`docs/${name}`)).toBe(svg);
  }
});

test("the docs' index links to every page", async () => {
  const index = await read("docs/README.md");
  for (const page of pages.filter((path) => /^docs\/(?!README)/.test(path))) {
    expect(index).toContain(`](${page.slice("docs/".length)})`);
  }
});

/** What GitHub makes of headings: lower case, no punctuation, hyphens for spaces. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
}
