import { execFile } from "node:child_process";
import type { Dirent } from "node:fs";
import { copyFile, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { projectRoot, wranglerPath } from "../../test/support/project-paths.ts";
import { median } from "./compare.ts";

const run = promisify(execFile);

export interface Size {
  bundleKib: number;
  gzipKib: number;
  /** CPU milliseconds to load the Worker, by `wrangler check startup`: median of three. */
  startupMs: number;
  /** What `npm ci --omit=dev` installs. */
  installedMib: number;
  installedPackages: number;
}

export async function measureSize(bundlePath: string): Promise<Size> {
  const bundle = await readFile(bundlePath);
  const directory = await mkdtemp(join(tmpdir(), "bench-size-"));
  try {
    const startups: number[] = [];
    for (let time = 0; time < 3; time += 1) startups.push(await measureStartup(directory));
    return {
      bundleKib: bundle.byteLength / 1_024,
      gzipKib: gzipSync(bundle).byteLength / 1_024,
      startupMs: median(startups),
      ...(await measureInstall(directory)),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureStartup(directory: string): Promise<number> {
  const { stdout } = await run(
    wranglerPath,
    ["check", "startup", "--outfile", join(directory, "startup.cpuprofile"), "--args=--minify"],
    { cwd: projectRoot, env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" } },
  );
  const active = /Active: ([\d.]+) ms/.exec(stdout)?.[1];
  if (active === undefined) throw new Error(`wrangler check startup says no active time:\n${stdout}`);
  return Number(active);
}

async function measureInstall(directory: string): Promise<{ installedMib: number; installedPackages: number }> {
  for (const file of ["package.json", "package-lock.json"]) {
    await copyFile(join(projectRoot, file), join(directory, file));
  }
  await run("npm", ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: directory });
  const modules = join(directory, "node_modules");
  const files = await readdir(modules, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const file of files.filter((entry) => entry.isFile())) {
    bytes += (await stat(join(file.parentPath, file.name))).size;
  }
  return { installedMib: bytes / 1_048_576, installedPackages: files.filter(isPackageManifest).length };
}

/** `node_modules/<name>/package.json`; the packages a Worker needs at run time have no scope. */
function isPackageManifest({ name, parentPath }: Dirent): boolean {
  return name === "package.json" && basename(dirname(parentPath)) === "node_modules";
}
