import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../support/project-paths.ts";

const guide = await readFile(join(projectRoot, "docs/operate.md"), "utf8");
const queries = [...guide.matchAll(/^```sql\n([^]*?)^```$/gm)].map((match) => match[1] ?? "");

/** Column → field, as the guide's table has them. */
const columns = new Map(
  [...guide.matchAll(/`((?:index|blob|double)\d+)` *\| *`(\w+)`/g)].map((match) => [match[1] ?? "", match[2] ?? ""]),
);

/** What the Analytics Engine documents, of what a query may use (developers.cloudflare.com/analytics/analytics-engine/sql-reference). */
const functions = new Set(["toStartOfInterval", "SUM", "NOW", "if", "quantileExactWeighted"]);
const clauses = ["SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY"];

describe("docs/operate.md", () => {
  test("has the columns that are written", async () => {
    const source = await readFile(join(projectRoot, "src/metering/write-metrics.ts"), "utf8");
    const written = [...source.matchAll(/\b((?:index|blob|double)\d+) +(\w+)/g)].map((match) => [match[1], match[2]]);
    expect(written).toHaveLength(29);
    expect(Object.fromEntries(columns)).toEqual(Object.fromEntries(written));
  });

  test("shows every field of the log's line", async () => {
    const source = await readFile(join(projectRoot, "src/metering/request-summary.ts"), "utf8");
    const fields = [...source.matchAll(/^ {2}(\w+):/gm)].map((match) => match[1]);
    const example: unknown = JSON.parse(/^```json\n([^]*?)^```$/m.exec(guide)?.[1] ?? "");
    expect(new Set(Object.keys(Object(example)))).toEqual(new Set(["event", ...fields]));
  });

  test("has every other line of the log", async () => {
    const files = await readdir(join(projectRoot, "src"), { recursive: true });
    const sources = await Promise.all(
      files.filter((file) => file.endsWith(".ts")).map((file) => readFile(join(projectRoot, "src", file), "utf8")),
    );
    const events = sources.flatMap((source) => [...source.matchAll(/event: "(\w+)"/g)].map((match) => match[1]));
    const shown = [...guide.matchAll(/^\| `(\w+)` +\| [^|`]*(?:`reason`[^|]*)?\|$/gm)].map((match) => match[1]);
    expect(new Set(events)).toContain("unhandled_error");
    for (const event of new Set(events)) if (event !== "request") expect(shown).toContain(event);
  });

  test("has three queries", () => expect(queries).toHaveLength(3));

  test.each(queries)("has a query of what the Analytics Engine knows: %s", (query) => {
    for (const [, name] of query.matchAll(/(\w+)\(/g)) expect(functions).toContain(name);
    for (const [column] of query.matchAll(/\b(?:index|blob|double)\d+\b/g))
      expect([...columns.keys()]).toContain(column);
    const places = clauses.map((clause) => query.indexOf(`${clause} `.trimEnd()));
    expect(places.every((place) => place !== -1)).toBe(true);
    expect(places).toEqual(places.toSorted((left, right) => left - right));
    // What is grouped or ordered by is named in SELECT.
    const aliases = [...query.matchAll(/ AS (\w+)/g)].map((match) => match[1]);
    const sorted = [...query.matchAll(/(?:GROUP|ORDER) BY (.*)$/gm)].flatMap((match) => (match[1] ?? "").split(", "));
    for (const name of sorted) expect(aliases).toContain(name.replace(" DESC", ""));
    // Each aggregate weighs its rows.
    for (const [, inside] of query.matchAll(/(?:SUM|quantileExactWeighted\(0\.95\))\((.*)\) AS/g)) {
      expect(inside).toContain("_sample_interval");
    }
    expect(query.split("(").length).toBe(query.split(")").length);
  });

  test("names the settings as they are", async () => {
    const config = await readFile(join(projectRoot, "src/config.ts"), "utf8");
    for (const [, name] of guide.matchAll(/`(LOG|PRICES|[A-Z]+(?:_[A-Z]+)+)`/g)) {
      if (name !== "API_KEY") expect(config).toContain(`${name}: z`);
    }
  });
});
