import { Agent } from "@mastra/core/agent";

export const model = {
  providerId: "workers-ai",
  modelId: "@cf/openai/gpt-oss-20b",
  url: "https://responses-api.your-subdomain.workers.dev/openai/v1",
  apiKey: "3f9c2e7a51b84d06",
  api: "responses",
} as const;

export const agent = new Agent({ id: "helper", name: "Helper", instructions: "Be brief.", model });
