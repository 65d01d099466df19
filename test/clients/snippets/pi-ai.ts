import type { Model } from "@earendil-works/pi-ai";

export const apiKey = "3f9c2e7a51b84d06";

export const model: Model<"openai-responses"> = {
  id: "@cf/openai/gpt-oss-20b",
  name: "gpt-oss-20b",
  api: "openai-responses",
  provider: "workers-ai",
  baseUrl: "https://responses-api.your-subdomain.workers.dev/openai/v1",
  reasoning: true,
  input: ["text"],
  cost: { input: 0.2, output: 0.3, cacheRead: 0, cacheWrite: 0 },
  contextWindow: 128_000,
  maxTokens: 32_768,
};
