import { readFileSync } from "node:fs";
import { after, beforeEach, describe, it } from "node:test";
import { type Capability, capabilities } from "./capabilities.ts";
import type { World } from "./start-world.ts";

/**
 * Registers one test for each capability, against the given world, which is stopped after them.
 * `packages` are those whose installed versions the client is known by: its column of the table.
 */
export function defineClient(packages: string[], world: World, cases: Record<Capability, () => Promise<void>>): void {
  describe(packages.map((name) => `${name} ${readVersion(name)}`).join(", "), () => {
    beforeEach(() => world.upstream.clear());
    after(() => world.stop());
    for (const capability of capabilities) it(capability, { timeout: 20_000 }, cases[capability]);
  });
}

function readVersion(name: string): string {
  const manifest = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8");
  return String(JSON.parse(manifest).version);
}
