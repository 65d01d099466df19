import { openaiCompatible } from "@tanstack/ai-openai/compatible";

const workersAi = openaiCompatible({
  name: "workers-ai",
  baseURL: "https://responses-api.your-subdomain.workers.dev/openai/v1",
  apiKey: "3f9c2e7a51b84d06",
  api: "responses",
  models: ["@cf/openai/gpt-oss-20b"],
});

export const adapter = workersAi("@cf/openai/gpt-oss-20b");
