import { createOpenResponses } from "@ai-sdk/open-responses";

const provider = createOpenResponses({
  name: "workers-ai",
  url: "https://responses-api.your-subdomain.workers.dev/openai/v1/responses",
  apiKey: "3f9c2e7a51b84d06",
});

export const model = provider("@cf/openai/gpt-oss-20b");
