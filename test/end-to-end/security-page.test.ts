import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../support/project-paths.ts";

test("every statement of SECURITY.md names a test that is there", async () => {
  const page = await readFile(join(projectRoot, "SECURITY.md"), "utf8");
  const rows = page.split("\n").filter((line) => /^\| .*\| `[\w/-]+\.(test\.)?ts`/.test(line));
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) {
    const [, path = "", title = ""] = /`([\w./-]+)`: "(.+)" +\|$/.exec(row) ?? [];
    expect(await readFile(join(projectRoot, path), "utf8"), row).toContain(title);
  }
});
