import { readdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Removes what earlier builds left. After the new files are there, so that a page that is open finds its parts. */
const prune: Plugin = {
  name: "prune",
  async writeBundle(_options, bundle) {
    const kept = new Set([
      ...Object.keys(bundle),
      ...(await readdir(place("static/console"))).map((name) => `console/${name}`),
    ]);
    const found = await readdir(place("../public/console"));
    const old = found.filter((name) => !kept.has(`console/${name}`));
    await Promise.all(old.map((name) => rm(place(`../public/console/${name}`), { force: true })));
  },
};

/**
 * `npm run console`: builds the console and the API reference into `public/`, beside what is kept there. `wrangler.toml`
 * runs it before a deploy, `npm run dev` before the local server.
 */
export default defineConfig({
  root: place("."),
  publicDir: "static",
  logLevel: "warn",
  plugins: [prune],
  build: {
    outDir: place("../public"),
    // public/openapi.json is not built here.
    emptyOutDir: false,
    assetsDir: "console",
    // A data: URL would need an exception in the page's policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
    rolldownOptions: {
      input: [place("index.html"), place("reference.html")],
      // One file for what several parts use, instead of a dozen small ones that a phone asks for one by one.
      output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] } },
    },
  },
});
