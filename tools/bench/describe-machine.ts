import { createRequire } from "node:module";
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../test/support/project-paths.ts";

/** The machine, the versions and the date of a run, in a paragraph of Markdown. */
export function describeMachine(): string {
  const [first] = cpus();
  return [
    `Date: ${new Date().toISOString().slice(0, 10)}.`,
    `Machine: ${cpus().length} × ${first?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()} ${arch()},`,
    `load average at the end ${loadavg()[0]?.toFixed(1)}.`,
    `Versions: workerd ${readVersion("workerd")}, hono ${readVersion("hono")}, zod ${readVersion("zod")},`,
    `autocannon ${readVersion("autocannon")}, Node ${process.versions.node}.`,
  ].join("\n");
}

function readVersion(name: string): string {
  const manifest: unknown = createRequire(import.meta.url)(join(projectRoot, "node_modules", name, "package.json"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "?";
}
