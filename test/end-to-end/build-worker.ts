import { rm } from "node:fs/promises";
import type { TestProject } from "vitest/node";
import { buildBundle } from "../support/build-bundle.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the production bundle's entry module: `inject("bundlePath")`. */
    bundlePath: string;
  }
}

/** Builds the production bundle once for all end-to-end tests, and removes it after them. */
export default async function buildWorker(project: TestProject): Promise<() => Promise<void>> {
  const { directory, entryPath } = await buildBundle();
  project.provide("bundlePath", entryPath);
  return () => rm(directory, { recursive: true, force: true });
}
