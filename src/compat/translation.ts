import type { HostedTool } from "../hosted/hosted-tool.ts";
import type { UrlCitation } from "../protocol/events.ts";

/** A tool of the client's own, as the model sees it: a function under a name of its own. */
export interface ClientTool {
  /** `custom`: the client defined a custom tool, offered as a function with one string, `input`. */
  kind: "function" | "custom";
  /** The name the client gave it, and gets back. */
  name: string;
  /** The `namespace` tool that it came from. */
  namespace?: string;
  /** JSON Schema of the arguments, as the client sent it. */
  parameters?: unknown;
}

/** A function that the Worker runs itself. */
export interface OfferedHostedTool {
  kind: "hosted";
  tool: HostedTool;
  parameters: unknown;
}

export type OfferedTool = ClientTool | OfferedHostedTool;

/** What a request settles about its answer: made when it is converted, read when the model's chunks become events. */
export interface Translation {
  /** By the function name that the model sees. */
  tools: ReadonlyMap<string, OfferedTool>;
  /** A tool call is demanded (`required`, or one tool by name): its arguments may leak as plain JSON text. */
  toolCallForced: boolean;
  /** Finds the citations in a message; absent when there is nothing to cite. */
  cite?: (text: string) => readonly UrlCitation[];
  /** `reasoning.summary` was asked for: reasoning is streamed as summary events too. */
  summarize: boolean;
  /** Turns the whole reasoning text into `encrypted_content`; absent when the client didn't ask or no key is set. */
  seal?: (reasoning: string) => Promise<string>;
}
