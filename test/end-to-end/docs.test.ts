import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { errorCodes } from "../../tools/openapi/errors.ts";
import { projectRoot } from "../support/project-paths.ts";

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "dev/README.md",
  "docs/deploy.md",
  "docs/errors.md",
  "docs/keys.md",
  "docs/operate.md",
  "docs/performance.md",
  "docs/state.md",
  "test/README.md",
];

function read(path: string): Promise<string> {
  return readFile(join(projectRoot, path), "utf8");
}

const readme = await read("README.md");

/** The rows of the table below a heading, each a list of its cells, without the table's own heading. */
function rowsBelow(text: string, heading: string): string[][] {
  const [, section = ""] = text.split(`\n## ${heading}\n`);
  const table = /^\|[^]*?(?=\n\n)/m.exec(section)?.[0] ?? "";
  return table
    .split("\n")
    .slice(2)
    .map((row) => row.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

/** `` `A`, `B` `` → A and B. */
function quoted(cell = ""): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? "");
}

describe("the README's table of settings", () => {
  const rows = rowsBelow(readme, "Settings");

  it("has every setting and binding, and no other", async () => {
    const source = await read("src/config.ts");
    const settings = [...source.matchAll(/^ {2}([A-Z_]+): z/gm)].map(([, name = ""]) => name);
    const bindings = [...source.matchAll(/^ {2}([A-Z_]+)\?: /gm)].map(([, name = ""]) => name);
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

test("the README's table of routes has those of the OpenAPI document, and the pages", async () => {
  const { paths } = JSON.parse(await read("public/openapi.json"));
  const described = Object.entries<object>(paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => ["get", "post", "patch", "delete"].includes(method))
      .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{[^}]+\}/g, ":id")}`),
  );
  const shown = rowsBelow(readme, "Routes").flatMap(([cell]) => {
    const methods: string[] = [];
    return quoted(cell).flatMap((text) => {
      const [method = "", path] = text.split(" ");
      methods.push(method);
      // `GET`, `POST /path`: the methods before share the path.
      return path === undefined ? [] : methods.splice(0).map((each) => `${each} ${path.replace(":item", ":id")}`);
    });
  });
  const pagesOnly = ["GET /", "GET /reference"];
  // The only answer of `GET /v1/responses` is 426, which the README says below the table.
  expect(shown.toSorted()).toEqual(
    [...described.filter((route) => route !== "GET /v1/responses"), ...pagesOnly].toSorted(),
  );
});

test("docs/errors.md has every error code, with its statuses and its meaning", async () => {
  const rows = rowsBelow(await read("docs/errors.md"), "Codes");
  const shown = rows.map(([code, statuses, when]) => [quoted(code).join(""), statuses, when]);
  expect(shown).toEqual(
    Object.entries(errorCodes).map(([code, { statuses, when }]) => [code, statuses.join(", "), when]),
  );
});

test("the README names the versions of the clients that are tested", async () => {
  const { dependencies } = JSON.parse(await read("test/clients/package.json"));
  const [, section = ""] = readme.split("\n## Clients\n");
  const [names = [], versions = []] = section
    .split("\n")
    .filter((line) => line.startsWith("| version") || line.includes("| @openai/agents"))
    .map((line) => line.split("|").slice(2, -1));
  expect(names.length).toBe(6);
  const installed = names.map((cell) => cell.split(",").map((name) => dependencies[name.trim()]));
  expect(versions.map((cell) => cell.split(",").map((version) => version.trim()))).toEqual(installed);
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

/** What GitHub makes of headings: lower case, no punctuation, hyphens for spaces. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
}
