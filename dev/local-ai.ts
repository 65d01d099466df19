import { WorkerEntrypoint } from "cloudflare:workers";
import { startCall } from "./model/call-ids.ts";
import { chatBody, chatFrames } from "./model/chat-wire.ts";
import { composeAnswer } from "./model/compose-answer.ts";
import { drawImage } from "./model/draw-image.ts";
import { forward } from "./model/forward.ts";
import { isObject } from "./model/json-object.ts";
import { paceStream, type Frame } from "./model/pace-stream.ts";
import { readRequest, type ModelRequest } from "./model/read-request.ts";
import { type Dialect, responseFrames } from "./model/responses-stream.ts";
import { responseBody } from "./model/responses-wire.ts";
import { type Converted, convertDocument, type LocalDocument } from "./model/to-markdown.ts";
import { findTrick, type Trick } from "./model/tricks.ts";
import { answerError } from "./model/upstream-errors.ts";

/** Settings of the local model only. They are set by `--var NAME:value` or in dev/.dev.vars. */
export interface LocalEnv {
  /** Base URL of a real OpenAI-compatible server to forward to. */
  LOCAL_UPSTREAM?: string;
  /** The model's name there. Default: its Workers AI name without `@cf/`. */
  LOCAL_UPSTREAM_MODEL?: string;
  /**
   * How a streamed request of the Responses branch is answered. `sse`, the default: as OpenAI's API does. `vllm`: with the oddities of
   * gpt-oss on vLLM. `json`: with JSON, as Workers AI documents for gpt-oss.
   */
  LOCAL_RESPONSES_STREAM?: string;
}

/** About what gpt-oss-20b takes for a token on Workers AI. */
const millisecondsPerToken = 15;
const slowMillisecondsPerToken = 300;

/** Models of Workers AI that make images, by their names. */
const imageModels = /flux|diffusion|dreamshaper|lucid|phoenix/u;

/** A day: as good as never. A promise nothing can settle would be cut off by the runtime. */
const never = 86_400_000;

/**
 * Stands in for the `ai` binding, which doesn't start without an account. Understands the two branches of gpt-oss: inputs with `input`
 * (Responses) and inputs with `messages` (Chat Completions); and models that make images. Always answers as the binding does with `returnRawResponse: true`.
 */
export class LocalAi extends WorkerEntrypoint<LocalEnv> {
  /**
   * Answers as upstream would, errors included. `inputs` may come as JSON text, which alone keeps numbers a double can't hold.
   * Rejects only when `options.signal` aborts before the first byte.
   */
  async run(model: string, inputs: unknown, options: { signal?: AbortSignal } = {}): Promise<Response> {
    const { signal } = options;
    if (!model.startsWith("@cf/")) return answerError(5007, "binding");
    if (model.includes("/whisper"))
      return Response.json({ text: "[The local stand-in does not listen to recordings.]" });
    const text = typeof inputs === "string" ? inputs : JSON.stringify(inputs);
    const parsed: unknown = JSON.parse(text);
    if (isObject(parsed) && imageModels.test(model)) {
      return Response.json({ image: await drawImage(String(parsed["prompt"])) });
    }
    const request = isObject(parsed) ? readRequest(model, parsed) : undefined;
    if (request === undefined) return answerError(5006, "binding");
    if (this.env.LOCAL_UPSTREAM !== undefined) {
      const name = this.env.LOCAL_UPSTREAM_MODEL ?? model.replace(/^@cf\//u, "");
      return forward({ upstream: this.env.LOCAL_UPSTREAM, branch: request.branch, model: name, inputs: text, signal });
    }
    const trick = findTrick(request.userText);
    if (trick?.kind === "answer") return trick.answer();
    if (trick?.kind === "hang") await scheduler.wait(never, signal === undefined ? {} : { signal });
    return this.#answer(request, trick, signal);
  }

  /** Converts a file as `toMarkdown` does. */
  convert(document: LocalDocument): Promise<Converted> {
    return convertDocument(document);
  }

  #answer(request: ModelRequest, trick: Trick | undefined, signal: AbortSignal | undefined): Response {
    const streams = request.stream && (request.branch === "chat" || this.env.LOCAL_RESPONSES_STREAM !== "json");
    const dialect = this.env.LOCAL_RESPONSES_STREAM === "vllm" ? "vllm" : "openai";
    const { frames, id } = writeFrames(request, streams ? dialect : "none");
    const body = paceStream(frames, {
      millisecondsPerToken: trick?.kind === "slow" ? slowMillisecondsPerToken : millisecondsPerToken,
      breaks: trick?.kind === "break",
      signal,
    });
    return new Response(body, {
      headers: { "content-type": streams ? "text/event-stream" : "application/json", "cf-ai-req-id": id },
    });
  }
}

function writeFrames(request: ModelRequest, stream: Dialect | "none"): { frames: Frame[]; id: string } {
  const call = startCall();
  const answer = composeAnswer(request);
  const chat = request.branch === "chat";
  if (stream !== "none") {
    const frames = chat
      ? chatFrames(request, answer, call)
      : responseFrames({ request, answer, call, dialect: stream });
    return { frames, id: call.seed };
  }
  const text = JSON.stringify(chat ? chatBody(request, answer, call) : responseBody({ request, answer, call }));
  // In two pieces, so that a broken body breaks after its first byte.
  return { frames: [text.slice(0, 1), text.slice(1)].map((piece) => ({ text: piece, paced: false })), id: call.seed };
}
