import type { Branch } from "./read-request.ts";

interface Forward {
  /** Base URL of an OpenAI-compatible server: `http://127.0.0.1:11434/v1`. */
  upstream: string;
  branch: Branch;
  /** The name the server knows the model by. */
  model: string;
  /** A JSON object's text, without a `model`: the Worker takes that out. Never empty. */
  inputs: string;
  signal: AbortSignal | undefined;
}

/**
 * Sends the inputs to a real OpenAI-compatible server, with its name of the model and otherwise as they are, and hands back its answer
 * as it comes. A server that can't be reached is a 502 in the binding's dialect that says where it was looked for.
 */
export async function forward({ upstream, branch, model, inputs, signal }: Forward): Promise<Response> {
  const url = `${upstream.replace(/\/+$/u, "")}/${branch === "chat" ? "chat/completions" : "responses"}`;
  const request: RequestInit = {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: `{"model":${JSON.stringify(model)},${inputs.slice(1)}`,
  };
  if (signal !== undefined) request.signal = signal;
  try {
    return await fetch(url, request);
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    const description = `LOCAL_UPSTREAM can't be reached at ${url}. Is the server running?`;
    console.error(description, cause);
    return Response.json(
      { internalCode: 0, message: description, name: "LocalUpstreamError", description },
      { status: 502 },
    );
  }
}
