import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../support/project-paths.ts";

test("the conformance table names tests that are there", async () => {
  const table = await readFile(join(projectRoot, "test", "README.md"), "utf8");
  const named = [...table.matchAll(/`([\w./-]+(?:\.test\.ts|\/))`/g)].map(([, path]) => path ?? "");
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((path) => !existsSync(join(projectRoot, "test", path)))).toEqual([]);
});
