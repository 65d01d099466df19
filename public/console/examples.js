/** What the "Insert an example" buttons write. */
export const exampleTools = [
  {
    type: "function",
    name: "get_weather",
    description: "Current weather in a city",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, unit: { type: "string", enum: ["celsius", "fahrenheit"] } },
      required: ["city", "unit"],
      additionalProperties: false,
    },
    strict: true,
  },
];

export const exampleSchema = {
  type: "object",
  properties: { city: { type: "string" }, country: { type: "string" }, population: { type: "integer" } },
  required: ["city", "country", "population"],
  additionalProperties: false,
};

/**
 * What a new conversation can start from: the message, and what has to be set for it.
 * @type {Record<string, { message: string, tools?: object, schema?: object }>}
 */
export const starters = {
  hello: { message: "Say hello, and tell me what you are." },
  tool: { message: "What is the weather in Paris?", tools: exampleTools },
  schema: { message: "Tell me about Lisbon.", schema: exampleSchema },
};
