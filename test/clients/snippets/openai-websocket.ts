import OpenAI from "openai";
import { ResponsesWS } from "openai/resources/responses/ws"; // It needs the package ws.

const client = new OpenAI({
  baseURL: "https://responses-api.your-subdomain.workers.dev/openai/v1",
  apiKey: "3f9c2e7a51b84d06",
});

export const connect = () => new ResponsesWS(client);
