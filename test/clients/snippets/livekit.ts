import { responses } from "@livekit/agents-plugin-openai";

export const settings = {
  model: "@cf/openai/gpt-oss-20b",
  baseURL: "https://responses-api.your-subdomain.workers.dev/openai/v1",
  apiKey: "3f9c2e7a51b84d06",
};

export const model = new responses.LLM(settings);
