/** The Worker as deployed, plus the entrypoint that stands in for the `ai` binding. Never deployed. */
export { default } from "../src/index.ts";
export * from "../src/index.ts";
export { LocalAi } from "./local-ai.ts";
