import { type ResponsesWebSocketSession, withResponsesWebSocketSession } from "@openai/agents";

const providerOptions = {
  baseURL: "https://responses-api.your-subdomain.workers.dev/openai/v1",
  apiKey: "3f9c2e7a51b84d06",
};

/** All that the session runs goes over one WebSocket. */
export function overWebSocket<T>(work: (session: ResponsesWebSocketSession) => Promise<T>): Promise<T> {
  return withResponsesWebSocketSession(work, { providerOptions });
}
