import { OpenAiClient, OpenAiLanguageModel } from "@effect/ai-openai";
import { FetchHttpClient } from "@effect/platform";
import { Layer, Redacted } from "effect";

const client = OpenAiClient.layer({
  apiUrl: "https://responses-api.your-subdomain.workers.dev/openai/v1",
  apiKey: Redacted.make("3f9c2e7a51b84d06"),
});

export const layer = OpenAiLanguageModel.layer({ model: "@cf/openai/gpt-oss-20b" }).pipe(
  Layer.provide(client),
  Layer.provide(FetchHttpClient.layer),
);
