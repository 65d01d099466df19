import { aiSdkCases } from "./support/ai-sdk-cases.ts";
import { defineClient } from "./support/define-client.ts";
import { startWorld } from "./support/start-world.ts";

const world = await startWorld();
const { model } = await import("./snippets/ai-sdk-open-responses.ts");

defineClient(
  ["ai", "@ai-sdk/open-responses"],
  world,
  aiSdkCases({ model, upstream: world.upstream, name: "workers-ai", statusOfBreak: undefined }),
);
