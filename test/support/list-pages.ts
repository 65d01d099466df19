import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "./project-paths.ts";

/** Paths of all pages of documentation, from the project's root. */
export async function listPages(): Promise<string[]> {
  const docs = await readdir(join(projectRoot, "docs"));
  return [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "dev/README.md",
    "test/README.md",
    "tools/bench/RESULTS.md",
    "tools/bench/PEERS.md",
    ...docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  ];
}
