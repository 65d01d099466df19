import { frameResult, findMark } from "../../hosted/frame-result.ts";
import { runTogether } from "../../hosted/run-together.ts";
import { OpaqueWriter } from "../../protocol/call-writer.ts";
import { tryParse } from "../../protocol/json.ts";
import type { ResponseBuilder } from "../../protocol/response-builder.ts";
import type { MadeHostedCall } from "../answer/growing-calls.ts";
import type { ChatMessage } from "../chat-inputs.ts";

/** Calls of hosted tools that run side by side. A Worker may have six connections open. */
export const atOnce = 4;

/** What the model is told of a call that is not made. */
const notMade = {
  waits: "The call waits for the user's approval.",
  over: "The call was not made: no more tool calls are allowed for this answer. Answer with what you have.",
  full: "The call was not made: this answer has made as many requests as it may. Answer with what you have.",
} as const;

/** What came of the hosted calls of one round. */
export interface HostedOutcome {
  /** The calls and their results, for the next round. */
  messages: ChatMessage[];
  /** Whether a call waits for the user's approval. */
  waits: boolean;
}

/**
 * Runs the hosted calls of a round, and yields whenever there may be events. Items keep the model's order, whichever call
 * ends first.
 */
export async function* runHostedCalls(
  calls: readonly MadeHostedCall[],
  {
    spoken,
    builder,
    signal,
    hasRoom,
    requestApproval,
  }: {
    /** What the model thought and said before it called. */
    spoken: Readonly<{ reasoning: string; text: string }>;
    builder: ResponseBuilder;
    signal: AbortSignal;
    /** Whether there is room for the requests that one more call makes. */
    hasRoom: () => boolean;
    /** The id of the request by which the user may approve a call. */
    requestApproval: (call: MadeHostedCall, outputIndex: number) => Promise<string>;
  },
): AsyncGenerator<void, HostedOutcome> {
  const tasks = calls.map((made) => async () => {
    if (made.call === undefined) return made.isOver ? notMade.over : notMade.waits;
    if (hasRoom()) return made.call.run(signal);
    made.call.skip();
    return notMade.full;
  });
  const texts = yield* runTogether(tasks, atOnce);
  const waiting = calls.filter(({ call, isOver }) => call === undefined && !isOver);
  for (const made of waiting) {
    const id = await requestApproval(made, builder.length);
    builder.add((slot) => new OpaqueWriter(slot, describeRequest(id, made))).close();
  }
  const transcribed = calls.map(({ id, name, raw }, index) => ({
    id,
    name,
    arguments: raw,
    result: texts[index] ?? "",
  }));
  return { messages: transcribeCalls(transcribed, spoken), waits: waiting.length > 0 };
}

function describeRequest(id: string, { tool, raw }: MadeHostedCall) {
  return {
    id,
    type: "mcp_approval_request",
    server_label: tool.mcp?.label ?? "",
    name: tool.mcp?.name ?? "",
    arguments: raw.trim() === "" ? "{}" : raw,
  };
}

/** A call that is over, as the model is to read it. */
export interface TranscribedCall {
  id: string;
  /** The name that the model knows. */
  name: string;
  /** As the model wrote them. */
  arguments: string;
  result: string;
}

/** Writes down calls and their results as the model reads them in the next round, and whenever the items come back. */
export function transcribeCalls(
  calls: readonly TranscribedCall[],
  { reasoning, text }: Readonly<{ reasoning: string; text: string }> = { reasoning: "", text: "" },
): ChatMessage[] {
  return [
    {
      role: "assistant",
      content: text,
      ...(reasoning !== "" && { reasoning, reasoning_content: reasoning }),
      tool_calls: calls.map(({ id, name, arguments: given }) => ({
        id,
        type: "function",
        // Some templates parse the arguments of a call.
        function: { name, arguments: tryParse(given) === undefined ? "{}" : given },
      })),
    },
    ...calls.map(({ id, name, result }): ChatMessage => ({
      role: "tool",
      tool_call_id: id,
      content: frameResult({ tool: name, text: result, mark: findMark(id) }),
    })),
  ];
}
