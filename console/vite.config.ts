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
 * Has the browser fetch what `main.tsx` imports while it still reads the HTML, and lets it paint before that has come:
 * the style of the whole page is loaded with the script that needs it.
 */
const preload: Plugin = {
  name: "preload",
  transformIndexHtml: {
    order: "post",
    handler(html, { bundle = {}, path }) {
      const start = Object.values(bundle).find((part) => part.name === "start");
      if (path !== "/index.html" || start === undefined) return html;
      const style = /<link rel="stylesheet"( crossorigin href="\/console\/shared-[^"]+")>/;
      return {
        html: html.replace(style, '<link rel="preload" as="style"$1>'),
        tags: [
          {
            tag: "link",
            attrs: { rel: "modulepreload", crossorigin: true, href: `/${start.fileName}` },
            injectTo: "head",
          },
        ],
      };
    },
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
  plugins: [preload, prune],
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
      output: { codeSplitting: { groups: [{ name: "shared", test: /\.(?:tsx?|m?js|css)$/, minShareCount: 2 }] } },
    },
  },
});
