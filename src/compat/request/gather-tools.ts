import { validate } from "../../http/validate.ts";
import { AdditionalToolsInput } from "../../protocol/client-run-items.ts";
import type { CreateRequest } from "../../protocol/request.ts";
import type { PlacedTool } from "./convert-tools.ts";

/** Items that bring tools along: those the developer adds within a conversation, and those a client's search found. */
const bringingTypes: ReadonlySet<unknown> = new Set(["additional_tools", "tool_search_output"]);

/**
 * The tools of a request, then those that its items bring along, in their order.
 * @throws {ApiError} 400 for an item whose `tools` are invalid
 */
export function gatherTools({ tools, input }: CreateRequest): PlacedTool[] {
  const own = (tools ?? []).map((definition, index) => ({ definition, path: ["tools", index] }));
  if (typeof input === "string") return own;
  const brought = input.flatMap((item, index) => {
    if (!bringingTypes.has(item["type"])) return [];
    const path = ["input", index, "tools"];
    return validate(AdditionalToolsInput, item, ["input", index]).tools.map((definition, position) => ({
      definition,
      path: [...path, position],
    }));
  });
  return [...own, ...brought];
}
