import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * `npm run console`: builds the console and the API reference into `public/`, beside what is kept there. `wrangler.toml`
 * runs it before a deploy, `npm run dev` before the local server.
 */
export default defineConfig({
  root: place("."),
  publicDir: "static",
  logLevel: "warn",
  plugins: [{ name: "clean", buildStart: () => rm(place("../public/console"), { recursive: true, force: true }) }],
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
