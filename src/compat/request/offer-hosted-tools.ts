import type { HostedTool } from "../../hosted/hosted-tool.ts";
import type { ChatTool } from "../chat-inputs.ts";
import type { OfferedTool } from "../translation.ts";
import { freeName } from "./name-tools.ts";

/** Tools by the name that the model sees, and as it is shown them. */
export interface Offered {
  readonly tools: ReadonlyMap<string, OfferedTool>;
  readonly chatTools: ReadonlyMap<string, ChatTool>;
}

/** Adds hosted tools behind the client's own, which keep their names. */
export function offerHostedTools({ tools, chatTools }: Offered, hosted: readonly HostedTool[]): Offered {
  const allTools = new Map(tools);
  const allChatTools = new Map(chatTools);
  for (const tool of hosted) {
    const { description, parameters } = tool.offer;
    const name = freeName(tool.offer, allTools);
    allTools.set(name, { kind: "hosted", tool, parameters });
    allChatTools.set(name, { type: "function", function: { name, description, parameters } });
  }
  return { tools: allTools, chatTools: allChatTools };
}
