import { join } from "node:path";
import { fileURLToPath } from "node:url";
import workerd from "workerd";

export const projectRoot = fileURLToPath(new URL("../../", import.meta.url));

export const wranglerPath = join(projectRoot, "node_modules", ".bin", "wrangler");

/** The native program itself: `node_modules/.bin/workerd` wraps it in a Node process that hides its pid and pipes. */
export const workerdPath = workerd;
