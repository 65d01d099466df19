import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { projectRoot, wranglerPath } from "../support/project-paths.ts";

/** What a clone does not have. */
const leftOut = new Set([
  "node_modules",
  "test/clients/node_modules",
  ".git",
  ".wrangler",
  "dist",
  "docs",
  "public/console",
  "public/index.html",
  "public/reference.html",
]);

test(
  "a deploy from a fresh clone builds the whole console first, whatever was built before",
  { timeout: 60_000 },
  async () => {
    const clone = await mkdtemp(join(tmpdir(), "clone-"));
    try {
      await cp(projectRoot, clone, { recursive: true, filter: (path) => !leftOut.has(relative(projectRoot, path)) });
      await symlink(join(projectRoot, "node_modules"), join(clone, "node_modules"));
      await promisify(execFile)(wranglerPath, ["deploy", "--dry-run", "--outdir", join(clone, "dist")], {
        cwd: clone,
        env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" },
      });
      const built = await readdir(join(clone, "public/console"));
      for (const page of ["index.html", "reference.html"]) {
        const html = await readFile(join(clone, "public", page), "utf8");
        const parts = [...html.matchAll(/"\/console\/([^"]+)"/g)].map(([, name]) => name);
        expect(parts.length).toBeGreaterThan(5);
        expect(built).toEqual(expect.arrayContaining(parts));
      }
      // Panels and pages that are loaded when they are first shown.
      for (const part of ["settings-panel", "inspector", "overview", "highlighter"]) {
        expect(built.filter((name) => name.startsWith(`${part}-`))).toHaveLength(1);
      }
    } finally {
      await rm(clone, { recursive: true, force: true });
    }
  },
);
