/**
 * After `npm ci`: makes the Node from the lockfile the `node` of npm's scripts. npm 11 links it by itself. npm 10 links it
 * too, then deletes the link: the packages for other platforms, which it leaves out, have a `node` of the same path.
 */
import { existsSync } from "node:fs";
import { link, rm, symlink } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const isWindows = process.platform === "win32";
const file = isWindows ? "node.exe" : "node";
const prefix = process.platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
const program = `${prefix}-${isWindows ? "win" : process.platform}-${process.arch}/bin/${file}`;

const modules = new URL("../node_modules/", import.meta.url);
const source = new URL(program, modules);
const target = new URL(`.bin/${file}`, modules);

// On a platform without a package, the system's Node runs the scripts.
if (existsSync(source)) {
  if (isWindows) {
    // A symbolic link needs a privilege there. A program that runs can't be replaced: one that is there stays.
    if (!existsSync(target)) await link(source, target);
  } else {
    await rm(target, { force: true });
    await symlink(`../${program}`, fileURLToPath(target));
  }
}
