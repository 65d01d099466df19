import { aiSdkCases } from "./support/ai-sdk-cases.ts";
import { defineClient } from "./support/define-client.ts";
import { startWorld } from "./support/start-world.ts";

const world = await startWorld();
const { model } = await import("./snippets/ai-sdk-openai.ts");

defineClient(
  ["ai", "@ai-sdk/openai"],
  world,
  aiSdkCases({ model, upstream: world.upstream, name: "openai", statusOfBreak: 500 }),
);
