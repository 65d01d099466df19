import { defineConfig } from "vitest/config";

/** `npm run test:tools`: what runs beside the Worker, the doctor and the OpenAPI document. Apart, since it takes half a minute. */
export default defineConfig({
  test: {
    name: "tools",
    environment: "node",
    include: ["test/tools/**/*.test.ts"],
    globalSetup: ["test/end-to-end/build-worker.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
