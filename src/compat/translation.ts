/** A tool as the model sees it: a function under a name of its own. */
export interface OfferedTool {
  /** `custom`: the client defined a custom tool, offered as a function with one string, `input`. */
  kind: "function" | "custom";
  /** The name the client gave it, and gets back. */
  name: string;
  /** The `namespace` tool that it came from. */
  namespace?: string;
  /** JSON Schema of the arguments, as the client sent it. */
  parameters?: unknown;
}

/** What a request settles about its answer: made when it is converted, read when the model's chunks become events. */
export interface Translation {
  /** By the function name that the model sees. */
  tools: ReadonlyMap<string, OfferedTool>;
  /** A tool call is demanded (`required`, or one tool by name): its arguments may leak as plain JSON text. */
  toolCallForced: boolean;
  /** `reasoning.summary` was asked for: reasoning is streamed as summary events too. */
  summarize: boolean;
  /** Turns the whole reasoning text into `encrypted_content`; absent when the client didn't ask or no key is set. */
  seal?: (reasoning: string) => Promise<string>;
}
