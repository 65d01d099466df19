import { isObject, type JsonObject } from "../api/json.ts";
import { checkSchema } from "./check-schema.ts";
import { readJsonText } from "./read-json-text.ts";

export type CheckedFunction = { tool: JsonObject; problem?: never } | { problem: string };

/** Reads the definition of a tool that a person wrote, and says what is wrong with it. */
export function checkFunction(text: string): CheckedFunction {
  const read = readJsonText(text);
  if (read.problem !== undefined) return read;
  const tool = read.value;
  const { type = "function", name, parameters, output_schema: output, strict } = tool;
  // Tools of other types are the Worker's to judge.
  if (type !== "function") return { tool };
  if (typeof name !== "string" || name === "") return { problem: 'A function needs a name: "name": "get_weather".' };
  if (!/^[\w-]{1,64}$/.test(name)) {
    return { problem: "A function's name has letters, digits, _ and - only, and 64 of them at most." };
  }
  if (isObject(tool["function"])) {
    return { problem: 'This is the shape of Chat Completions. Here "name" and "parameters" stand beside "type".' };
  }
  const problem = checkPart("parameters", parameters, strict === true) ?? checkPart("output_schema", output, false);
  return problem === undefined ? { tool: { type, ...tool } } : { problem };
}

function checkPart(name: string, schema: unknown, isStrict: boolean): string | undefined {
  if (schema === undefined || schema === null) return undefined;
  if (!isObject(schema)) return `\`${name}\` must be a JSON Schema: { "type": "object", … }.`;
  const problem = checkSchema(schema, { isStrict });
  return problem === undefined ? undefined : `${name}: ${problem}`;
}
