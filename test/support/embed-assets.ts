import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join, relative } from "node:path";
import { projectRoot } from "./project-paths.ts";
import type { WorkerSource } from "./workerd-config.ts";

const mediaTypes: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/**
 * A Worker that answers with the files of `public/`: what stands behind the binding ASSETS on Cloudflare, for a real
 * workerd, which has no such thing. The caller removes the directory with `remove`.
 */
export async function embedAssets(): Promise<{ worker: WorkerSource; remove(): Promise<void> }> {
  const root = join(projectRoot, "public");
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && extname(entry.name) in mediaTypes)
      .map(async ({ parentPath, name }) => {
        const path = `/${relative(root, join(parentPath, name))}`;
        const type = mediaTypes[extname(name)];
        return [path.replace(/(index)?\.html$/, ""), [await readFile(join(root, path), "utf8"), type]] as const;
      }),
  );
  const directory = await mkdtemp(join(tmpdir(), "assets-"));
  const modulePath = join(directory, "assets.js");
  await writeFile(
    modulePath,
    `const files = ${JSON.stringify(Object.fromEntries(files))};
export default {
  fetch(request) {
    const file = files[new URL(request.url).pathname];
    return file === undefined
      ? new Response(null, { status: 404 })
      : new Response(file[0], { headers: { "content-type": file[1] } });
  },
};
`,
  );
  return { worker: { name: "assets", modulePath }, remove: () => rm(directory, { recursive: true, force: true }) };
}
