import * as z from "zod/mini";
import { jsonObject } from "../protocol/schema.ts";

/** What makes or changes a conversation. */
export const ConversationBody = z.object({
  metadata: z.nullish(z.pipe(jsonObject({}), z.catchall(z.object({}), z.string()))),
  items: z.nullish(z.array(z.looseObject({}))),
});
