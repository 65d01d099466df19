import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectRoot = fileURLToPath(new URL("../../", import.meta.url));

export const wranglerPath = join(projectRoot, "node_modules", ".bin", "wrangler");

/** The native program itself: `node_modules/.bin/workerd` wraps it in a Node process that hides its pid and pipes. */
export const workerdPath = readWorkerdPath();

function readWorkerdPath(): string {
  // CommonJS without types; Node and Vite disagree on what its default import is.
  const workerd: unknown = createRequire(import.meta.url)("workerd");
  if (typeof workerd === "object" && workerd !== null && "default" in workerd && typeof workerd.default === "string") {
    return workerd.default;
  }
  throw new Error("the workerd package does not say where its program is");
}
