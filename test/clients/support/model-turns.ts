import { setTimeout as sleep } from "node:timers/promises";
import { startCall } from "../../../dev/model/call-ids.ts";
import { chatBody, chatFrames } from "../../../dev/model/chat-wire.ts";
import type { Answer as ModelAnswer, Part } from "../../../dev/model/compose-answer.ts";
import { isObject } from "../../../dev/model/json-object.ts";
import { type ModelRequest, readRequest } from "../../../dev/model/read-request.ts";
import { splitTokens } from "../../../dev/model/tokens.ts";
import type { Answer, Script, UpstreamCall } from "../../support/scripted-upstream.ts";

/** What the model says once, on the chat branch. */
export interface Turn {
  reasoning?: string;
  text?: string;
  calls?: { name: string; arguments: Record<string, unknown> }[];
  /** After the first token of the text the stream waits for this. */
  hold?: Promise<void>;
  /** The same after the first token of the reasoning. */
  holdThought?: Promise<void>;
  /** The token limit cut it. */
  truncated?: boolean;
  /** After the first token of the text the connection is reset. */
  dies?: boolean;
  /** The first token of the text comes again and again, until the other side leaves. */
  endless?: boolean;
}

/** The usage of every turn, as upstream names it. */
export const usage = { input: 136, output: 37, reasoning: 0 };

/** Answers a call as the recorded chat branch does: an event stream when the call asks for one, JSON otherwise. */
export function answerWith(turn: Turn): Script {
  return (call) => {
    const request = readChat(call);
    if (request.stream) {
      return {
        headers: { "content-type": "text/event-stream" },
        body: streamTurn(request, turn),
        ending: turn.dies === true ? "reset" : "end",
      };
    }
    const body = JSON.stringify(chatBody(request, composeTurn(turn), startCall()));
    return turn.dies === true ? { body: body.slice(0, body.length / 2), ending: "reset" } : { body };
  };
}

/** Upstream's refusal when it has no capacity; the client may come back at once. */
export const outOfCapacity: Answer = {
  status: 429,
  headers: { "content-type": "application/json", "retry-after": "0" },
  body: JSON.stringify({
    internalCode: 3040,
    message: "AiError: Capacity temporarily exceeded, please try again.",
    name: "AiError",
    description: "Capacity temporarily exceeded, please try again.",
  }),
};

async function* streamTurn(request: ModelRequest, turn: Turn): AsyncGenerator<string> {
  const frames = chatFrames(request, composeTurn(turn), startCall());
  const firstThought = frames.findIndex(({ text }) => /"delta":\{"reasoning_content":"[^"]/.test(text));
  const firstText = frames.findIndex(({ text }) => /"delta":\{"content":"./.test(text));
  for (const [index, { text }] of frames.entries()) {
    yield text;
    if (index === firstThought) await turn.holdThought;
    if (index !== firstText) continue;
    await turn.hold;
    if (turn.dies === true) return;
    while (turn.endless === true) {
      yield text;
      await sleep(20);
    }
  }
}

function composeTurn({ reasoning, text, calls = [], truncated = false }: Turn): ModelAnswer {
  const parts: Part[] = [];
  if (reasoning !== undefined) parts.push({ kind: "reasoning", tokens: splitTokens(reasoning) });
  if (text !== undefined) parts.push({ kind: "message", tokens: splitTokens(text) });
  for (const { name, arguments: values } of calls) {
    parts.push({ kind: "call", name, tokens: splitTokens(JSON.stringify(values)) });
  }
  return { parts, truncated, usage };
}

/** The call's inputs, which must be those of the chat branch. */
export function readChat({ model, inputs, inputsText }: UpstreamCall): ModelRequest {
  const request = isObject(inputs) ? readRequest(model, inputs) : undefined;
  if (request?.branch !== "chat") throw new Error(`not a call of the chat branch: ${inputsText.slice(0, 200)}`);
  return request;
}
