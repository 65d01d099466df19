import { openaiResponses } from "@llamaindex/openai";

export const settings = {
  model: "@cf/openai/gpt-oss-20b",
  apiKey: "3f9c2e7a51b84d06",
  baseURL: "https://responses-api.your-subdomain.workers.dev/openai/v1",
};

export const llm = openaiResponses(settings);
