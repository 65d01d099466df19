import { defineConfig } from "vitest/config";

/** `npm run test:browser`: the pages in a real Chromium. CHROMIUM names the program, Debian's by default. */
export default defineConfig({
  test: {
    name: "browser",
    environment: "node",
    include: ["test/browser/**/*.test.ts"],
    globalSetup: ["test/end-to-end/build-worker.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
});
