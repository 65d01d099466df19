import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { writeTestConfig } from "./test/support/write-test-config.ts";

const buildWorker = "test/end-to-end/build-worker.ts";

export default defineConfig({
  test: {
    // The Worker logs a line for each request: only a failing test's are worth reading.
    silent: "passed-only",
    projects: [
      {
        // In workerd. A test that calls the model passes its own `env`: the AI binding of this project leads nowhere.
        plugins: [cloudflareTest({ wrangler: { configPath: writeTestConfig() }, remoteBindings: false })],
        test: {
          name: "unit",
          globalSetup: ["test/support/build-console.ts"],
          // A workerd for each file costs more than the tests in it, and no file leaves anything behind that another reads.
          isolate: false,
          testTimeout: 30_000,
          maxWorkers: 2,
          include: ["test/**/*.test.ts"],
          exclude: [
            "test/end-to-end/**",
            "test/browser/**",
            "test/clients/**",
            "test/tools/**",
            "test/**/*.node.test.ts",
          ],
        },
      },
      {
        // In Node: around a real workerd that runs the bundle `npm run deploy` would upload, and what needs `eval` or files.
        test: {
          name: "end-to-end",
          environment: "node",
          include: ["test/end-to-end/**/*.test.ts", "test/**/*.node.test.ts"],
          globalSetup: [buildWorker],
          testTimeout: 15_000,
          hookTimeout: 30_000,
          maxWorkers: 2,
        },
      },
      {
        // What runs beside the Worker. Not part of `npm test`, since it takes half a minute.
        test: {
          name: "tools",
          environment: "node",
          include: ["test/tools/**/*.test.ts"],
          globalSetup: [buildWorker],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        // The pages in a real Chromium. CHROMIUM names the program, Debian's by default.
        test: {
          name: "browser",
          environment: "node",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: [buildWorker],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
        },
      },
    ],
  },
});
