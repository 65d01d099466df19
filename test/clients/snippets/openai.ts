import OpenAI from "openai";

export const client = new OpenAI({
  baseURL: "https://responses-api.your-subdomain.workers.dev/openai/v1",
  apiKey: "3f9c2e7a51b84d06",
});
