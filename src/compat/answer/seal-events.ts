import type { OutputItem, ReasoningItem, ResponseEvent } from "../../protocol/events.ts";
import type { Translation } from "../translation.ts";

/**
 * Makes the step that puts `encrypted_content` into the reasoning items of one stream: where an item is done, and in the
 * Response that closes the stream. Sealing takes time, so this step is apart from the state machine, which takes none.
 */
export function createEventSealer(
  seal: NonNullable<Translation["seal"]>,
): (events: readonly ResponseEvent[]) => Promise<ResponseEvent[]> {
  /** By item id. */
  const sealedItems = new Map<string, ReasoningItem>();
  const findSealed = (item: OutputItem): OutputItem => sealedItems.get(item.id) ?? item;

  return async (events) => {
    const sealed: ResponseEvent[] = [];
    for (const event of events) {
      switch (event.type) {
        case "response.output_item.done":
          if (isReasoning(event.item)) {
            const encrypted_content = await seal(event.item.content.map(({ text }) => text).join(""));
            sealedItems.set(event.item.id, { ...event.item, encrypted_content });
          }
          sealed.push({ ...event, item: findSealed(event.item) });
          break;
        case "response.completed":
        case "response.incomplete":
        case "response.failed":
          sealed.push({ ...event, response: { ...event.response, output: event.response.output.map(findSealed) } });
          break;
        default:
          sealed.push(event);
      }
    }
    return sealed;
  };
}

function isReasoning(item: OutputItem): item is ReasoningItem {
  return item.type === "reasoning";
}
