import * as z from "zod/mini";

/** What makes or changes a conversation. */
export const ConversationBody = z.object({
  metadata: z.nullish(z.record(z.string(), z.string())),
  items: z.nullish(z.array(z.looseObject({}))),
});
