import type { CreateRequest } from "../../protocol/request.ts";

/** What the model is asked for. It comes last, so that all before it is the conversation. */
const order = `Write a summary of the conversation so far. It will replace everything but the user's own messages, and \
the work goes on from it alone. Keep what was asked for and why, what was decided, what was done and with which tools, \
names, paths, numbers and error texts word for word, what is left to do and what comes next. Leave out what no longer \
matters. Answer with the summary only, and call no tool.`;

/**
 * The request for the summary of a conversation. Of the request that holds it, only what the conversation is goes to the
 * model. It is cut where it doesn't fit: that is why it is made short.
 */
export function askForSummary({ model, input, instructions, prompt_cache_key }: CreateRequest): CreateRequest {
  const conversation = typeof input === "string" ? [{ role: "user", content: input }] : input;
  return {
    model,
    instructions,
    prompt_cache_key,
    input: [...conversation, { role: "user", content: order }],
    reasoning: { effort: "low" },
    truncation: "auto",
    store: false,
  };
}
