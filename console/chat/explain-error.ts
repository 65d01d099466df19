import type { CallError } from "../api/call-error.ts";

/** What a person can do about an error, beside what the advice says. */
export type Remedy = "key" | "settings" | "retry";

export interface Explained {
  title: string;
  /** What to do, in words for somebody with this form in front of him; the API's own message where there is nothing better. */
  advice: string;
  remedy: Remedy;
}

const known: Record<string, Explained> = {
  missing_api_key: {
    title: "This Worker asks for a key",
    advice: "Enter the key that its operator gave you.",
    remedy: "key",
  },
  invalid_api_key: {
    title: "This key is not valid",
    advice: "Check the key: it may be mistyped, expired or revoked.",
    remedy: "key",
  },
  rate_limit_exceeded: {
    title: "Too many requests",
    advice: "This key has used up its requests for the moment.",
    remedy: "retry",
  },
  out_of_capacity: {
    title: "The model is busy",
    advice: "Workers AI has no capacity left at the moment.",
    remedy: "retry",
  },
  upstream_timeout: { title: "The model took too long", advice: "Workers AI did not answer in time.", remedy: "retry" },
  unreachable: {
    title: "The Worker can't be reached",
    advice: "Check the connection, and whether the Worker is running.",
    remedy: "retry",
  },
  broken_off: {
    title: "The connection broke",
    advice: "What had come is above. Send the message again to get the whole answer.",
    remedy: "retry",
  },
  socket_refused: {
    title: "The WebSocket was refused",
    advice: "The Worker has it turned off, or the key has reached a limit. Switch WebSocket off in the settings.",
    remedy: "settings",
  },
  socket_key_unsupported: {
    title: "This key does not work over a WebSocket",
    advice: "It has a character that a WebSocket can't send. Switch WebSocket off in the settings.",
    remedy: "settings",
  },
  context_length_exceeded: {
    title: "The chat is too long for this model",
    advice: "Branch from an earlier turn, start a new chat, or choose a model with a longer context.",
    remedy: "retry",
  },
};

/** Puts an error into words for a person with a form in front of him. */
export function explainError({ code, status, message, param, retryAfter }: CallError): Explained {
  const found = known[code];
  if (found !== undefined) {
    const wait = retryAfter === "" ? "" : ` Try again in ${retryAfter} s.`;
    return { ...found, advice: `${found.advice}${wait}` };
  }
  if (param !== "") return { title: titleOfParam(param), advice: message, remedy: "settings" };
  if (status === 429)
    return {
      title: "Not now",
      advice: `${message}${retryAfter === "" ? "" : ` Try again in ${retryAfter} s.`}`,
      remedy: "retry",
    };
  if (status >= 500) return { title: "The Worker failed", advice: message, remedy: "retry" };
  return { title: "This didn't work", advice: message, remedy: "retry" };
}

/** The names of the settings, by the first part of an error's `param`. */
const settingNames: Record<string, string> = {
  model: "the model",
  instructions: "the instructions",
  reasoning: "the reasoning settings",
  temperature: "the temperature",
  top_p: "top_p",
  max_output_tokens: "the limit of output tokens",
  tools: "a tool",
  text: "the output format",
  input: "the message",
  previous_response_id: "the chat it continues",
};

function titleOfParam(param: string): string {
  const name = settingNames[/^\w+/.exec(param)?.[0] ?? ""];
  return `The Worker refused ${name ?? `the field ${param}`}`;
}
