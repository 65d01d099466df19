import { readFileSync } from "node:fs";
import { after, beforeEach, describe, it } from "node:test";
import { capabilities, type Cases } from "./capabilities.ts";
import type { World } from "./start-world.ts";

/**
 * Registers one test for each capability, against the given world, which is stopped after them.
 * `packages` are those whose installed versions the client is known by: its column of the table.
 */
export function defineClient(packages: string[], world: World, cases: Cases): void {
  defineCases(packages.map((name) => `${name} ${readVersion(name)}`).join(", "), world, cases);
}

/** The same for a client that is no package of npm's. */
export function defineCases(title: string, world: World, cases: Cases): void {
  describe(title, () => {
    beforeEach(() => world.upstream.clear());
    after(() => world.stop());
    for (const capability of capabilities) {
      const run = cases[capability];
      if (!(capability in cases)) it.skip(capability);
      else if (run === undefined) it.todo(capability);
      else it(capability, { timeout: 90_000 }, run);
    }
  });
}

function readVersion(name: string): string {
  const manifest = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8");
  return String(JSON.parse(manifest).version);
}
