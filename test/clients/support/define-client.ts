import { readFileSync } from "node:fs";
import { after, beforeEach, describe, it } from "node:test";
import { capabilities, type Cases } from "./capabilities.ts";
import type { World } from "./start-world.ts";

/**
 * Registers one test for each capability, against the given world, which is stopped after them.
 * `packages` are those whose installed versions the client is known by: its column of the table.
 */
export function defineClient(packages: string[], world: World, cases: Cases): void {
  describe(packages.map((name) => `${name} ${readVersion(name)}`).join(", "), () => {
    beforeEach(() => world.upstream.clear());
    after(() => world.stop());
    for (const capability of capabilities) {
      const run = cases[capability];
      if (run === undefined) it.todo(capability);
      else it(capability, { timeout: 20_000 }, run);
    }
  });
}

function readVersion(name: string): string {
  const manifest = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8");
  return String(JSON.parse(manifest).version);
}
