import { join } from "node:path";
import { build } from "vite";
import { projectRoot } from "./project-paths.ts";

/** Builds the console into `public/`, as `npm run console` does, for tests that ask the Worker for its pages. */
export default async function buildConsole(): Promise<void> {
  await build({ configFile: join(projectRoot, "console/vite.config.ts") });
}
