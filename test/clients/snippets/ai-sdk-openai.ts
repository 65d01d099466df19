import { createOpenAI } from "@ai-sdk/openai";
import { defaultSettingsMiddleware, wrapLanguageModel } from "ai";

export const provider = createOpenAI({
  baseURL: "https://responses-api.your-subdomain.workers.dev/openai/v1",
  apiKey: "3f9c2e7a51b84d06",
});

// `forceReasoning` sends `reasoning` to a model that the SDK does not know by name.
export const model = wrapLanguageModel({
  model: provider("@cf/openai/gpt-oss-20b"),
  middleware: defaultSettingsMiddleware({ settings: { providerOptions: { openai: { forceReasoning: true } } } }),
});
