import type { Entry } from "../chat/entry.ts";
import type { Turn } from "../chat/turn.ts";
import { ApprovalCard } from "./approval-card.tsx";
import { FunctionCard } from "./function-card.tsx";
import { HostedCall } from "./hosted-call.tsx";
import { ImageView } from "./image-view.tsx";
import { MessageView } from "./message-view.tsx";
import { ReasoningView } from "./reasoning-view.tsx";

export interface ItemProps {
  entry: Entry;
  turn: Turn;
  /** The turn that came after, where calls find their results. */
  next: Turn | undefined;
  /** True while this item grows. */
  isLive: boolean;
  /** Changes with the item, which itself is the same object: a view whose props are all the same is not drawn again. */
  revision: number;
}

/** Draws one output item, again whenever it changes. */
export function ItemView(given: Omit<ItemProps, "revision">) {
  const props = { ...given, revision: given.entry.revision.value };
  switch (given.entry.type) {
    case "message":
      return <MessageView {...props} />;
    case "reasoning":
      return <ReasoningView {...props} />;
    case "function_call":
    case "custom_tool_call":
      return <FunctionCard {...props} />;
    case "mcp_approval_request":
      return <ApprovalCard {...props} />;
    case "image_generation_call":
      return <ImageView {...props} />;
    default:
      return <HostedCall {...props} />;
  }
}
