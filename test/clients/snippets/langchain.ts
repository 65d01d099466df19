import { ChatOpenAI } from "@langchain/openai";

export const model = new ChatOpenAI({
  model: "@cf/openai/gpt-oss-20b",
  useResponsesApi: true,
  apiKey: "3f9c2e7a51b84d06",
  configuration: { baseURL: "https://responses-api.your-subdomain.workers.dev/v1" },
});
