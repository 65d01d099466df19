import * as z from "zod/mini";
import { Metadata, rule } from "./schema-rules.ts";

/** Items that one call may add (github.com/openai/openai-openapi, `CreateConversationBody`). */
const mostItems = 20;

/** What makes or changes a conversation. */
export const ConversationBody = z.looseObject({
  metadata: z.nullish(Metadata),
  items: z.nullish(
    z.array(z.looseObject({})).check(
      rule((items) =>
        items.length > mostItems
          ? {
              code: "too_many_items",
              message: `One call can add ${mostItems} items. Add the others by further calls.`,
            }
          : undefined,
      ),
    ),
  ),
});
