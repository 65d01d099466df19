import { setDefaultOpenAIClient, setTracingDisabled } from "@openai/agents";
import OpenAI from "openai";

setDefaultOpenAIClient(
  new OpenAI({
    baseURL: "https://responses-api.your-subdomain.workers.dev/openai/v1",
    apiKey: "3f9c2e7a51b84d06",
  }),
);
setTracingDisabled(true); // Traces would go to OpenAI, with this key.
