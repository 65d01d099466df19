import { ChatOpenAI } from "@langchain/openai";

export const settings = {
  model: "@cf/openai/gpt-oss-20b",
  useResponsesApi: true,
  apiKey: "3f9c2e7a51b84d06",
  configuration: { baseURL: "https://responses-api.your-subdomain.workers.dev/openai/v1" },
};

export const model = new ChatOpenAI(settings);

// LangChain leaves `reasoning` out for models that it does not know by name; `modelKwargs` always sends it.
export const thinker = new ChatOpenAI({ ...settings, modelKwargs: { reasoning: { effort: "high", summary: "auto" } } });
