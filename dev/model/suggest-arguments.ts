import { suggestTexts } from "../schema-example/suggest-texts.ts";
import { isObject } from "./json-object.ts";
import type { FunctionTool } from "./read-tools.ts";

const longest = 200;

/** How a person asks for a search or an image: no part of what is sought or shown. */
const order = /^(?:please )?(?:search(?: the web)? for|look up|draw|generate(?: an image of)?) /iu;

/** The texts of a user's message that are likely arguments of a tool: an address, a name, or, for a search, all of it. */
export function suggestArguments({ parameters }: FunctionTool, userText: string): string[] {
  const properties = isObject(parameters) && isObject(parameters["properties"]) ? parameters["properties"] : {};
  const hints = suggestTexts(userText);
  if (Object.hasOwn(properties, "url"))
    return [...(userText.match(/https:\/\/[^\s"<>]+[^\s"<>.,;:!?)]/gu) ?? []), ...hints];
  const takesAll = Object.hasOwn(properties, "query") || Object.hasOwn(properties, "prompt");
  return takesAll && hints.length === 0 ? [userText.trim().replace(order, "").slice(0, longest)] : hints;
}
