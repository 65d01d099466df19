import type { Settings } from "./default-settings.ts";

export const exampleFunction = {
  type: "function",
  name: "get_weather",
  description: "Current weather in a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string" }, unit: { type: "string", enum: ["celsius", "fahrenheit"] } },
    required: ["city", "unit"],
    additionalProperties: false,
  },
  output_schema: {
    type: "object",
    properties: {
      temperature: { type: "number" },
      sky: { type: "string", enum: ["clear", "cloudy", "rain", "snow"] },
      windy: { type: "boolean" },
    },
    required: ["temperature", "sky"],
  },
  strict: true,
};

export const exampleSchema = {
  type: "object",
  properties: {
    name: { type: "string" },
    country: { type: "string" },
    population: { type: "integer" },
    known_for: { type: "array", items: { type: "string" } },
  },
  required: ["name", "country", "population", "known_for"],
  additionalProperties: false,
};

export interface Example {
  title: string;
  /** What it shows. */
  teaches: string;
  message: string;
  settings: Partial<Settings>;
}

/** What a new chat can start from. */
export const examples: readonly Example[] = [
  {
    title: "Explain with code",
    teaches: "Markdown, tables and code",
    message: "How do I retry a failed fetch with exponential backoff in TypeScript? Compare the common strategies.",
    settings: {},
  },
  {
    title: "Call a tool",
    teaches: "A function call that you answer",
    message: "What is the weather in Paris?",
    settings: { functions: [{ text: JSON.stringify(exampleFunction, null, 2), isOn: true }] },
  },
  {
    title: "Answer as JSON",
    teaches: "Structured output by a schema",
    message: "Tell me about Lisbon.",
    settings: { format: "json_schema", schema: JSON.stringify(exampleSchema, null, 2) },
  },
  {
    title: "Think harder",
    teaches: "Reasoning, shown as it comes",
    message: "A bat and a ball cost $1.10 together. The bat costs $1 more than the ball. What does the ball cost?",
    settings: { effort: "high" },
  },
];
