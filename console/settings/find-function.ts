import { isObject, type JsonObject } from "../api/json.ts";
import { checkFunction } from "./check-function.ts";
import { settings } from "./settings.ts";

/** The schema of a function's result, as the settings have it: it is not sent, since the Worker has no use for it. */
export function findOutputSchema(name: string): JsonObject | undefined {
  for (const { text } of settings.value.functions) {
    const { tool } = { tool: undefined, ...checkFunction(text) };
    if (tool?.["name"] === name && isObject(tool["output_schema"])) return tool["output_schema"];
  }
  return undefined;
}
