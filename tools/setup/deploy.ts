import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Wrangler } from "./wrangler.ts";

/** What the last deploy from this folder left behind, in `.wrangler`, which git ignores. */
interface Deployed {
  name: string;
  /** SHA-256 of all that was uploaded. */
  content: string;
  version: string;
  url: string;
}

/**
 * Deploys, unless what is here is what this folder deployed last and nobody has deployed anything else since.
 * Returns where the Worker is. Throws when wrangler names no address.
 */
export async function deployIfChanged(
  wrangler: Wrangler,
  { folder, name }: { folder: string; name: string },
): Promise<{ url: string; isNew: boolean }> {
  const path = join(folder, ".wrangler/setup.json");
  const content = await hashContent(folder, await wrangler.bundle());
  const last = await readDeployed(path);
  if (last?.name === name && last.content === content && (await wrangler.listDeployed())[0] === last.version) {
    return { url: last.url, isNew: false };
  }
  const { urls, version } = await wrangler.deploy();
  const [url] = urls;
  if (url === undefined) {
    throw new Error(
      "The Worker is deployed, but has no address: turn on workers.dev for it, or add a route (docs/deploy.md).",
    );
  }
  await mkdir(join(folder, ".wrangler"), { recursive: true });
  await writeFile(path, JSON.stringify({ name, content, version, url } satisfies Deployed));
  return { url, isNew: true };
}

async function readDeployed(path: string): Promise<Deployed | undefined> {
  try {
    const { name, content, version, url } = Object(JSON.parse(await readFile(path, "utf8")));
    return { name: String(name), content: String(content), version: String(version), url: String(url) };
  } catch {
    return undefined;
  }
}

/** The bundle, the configuration, and the files of the console. */
async function hashContent(folder: string, bundle: string): Promise<string> {
  const hash = createHash("sha256")
    .update(bundle)
    .update(await readFile(join(folder, "wrangler.toml")));
  const files = await readdir(join(folder, "public"), { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  for (const path of paths.toSorted()) hash.update(path.slice(folder.length)).update(await readFile(path));
  return hash.digest("hex");
}
