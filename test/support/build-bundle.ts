import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot, wranglerPath } from "./project-paths.ts";

/**
 * Bundles the Worker of the root wrangler.toml exactly as `npm run deploy` does, minified, into a new directory under
 * the system's temporary one. The caller removes the directory.
 */
export async function buildBundle(): Promise<{ directory: string; entryPath: string }> {
  const directory = await mkdtemp(join(tmpdir(), "worker-bundle-"));
  await promisify(execFile)(
    wranglerPath,
    ["deploy", "--dry-run", "--minify", "--outdir", directory, "--config", "wrangler.toml"],
    { cwd: projectRoot, env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" } },
  );
  return { directory, entryPath: join(directory, "index.js") };
}
