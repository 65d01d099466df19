import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";

/** A file as `toMarkdown` sends it. */
export interface ConvertedFile {
  name: string;
  mimeType: string;
  /** Base64. */
  data: string;
}

/** What arrived through the AI binding, and what became of its answer. */
export interface UpstreamCall {
  method: string;
  /** `/run?version=3`, `/ai-gateway/run?version=3` behind a gateway, or `/to-everything/markdown/transformer`. */
  path: string;
  headers: IncomingHttpHeaders;
  model: string;
  /** The whole body as received: `{"inputs":…,"options":{…}}`. */
  bodyText: string;
  /** The text of `inputs` as received, not parsed and written again. */
  inputsText: string;
  inputs: unknown;
  options: unknown;
  /** What `toMarkdown` was asked to convert; undefined for a call of a model. */
  files: readonly ConvertedFile[] | undefined;
  /** Bytes of the answer's body handed to the socket so far. */
  bytesSent: number;
  /** How the answer ended; undefined while it is open. "aborted": the other side left first. */
  outcome: "answered" | "aborted" | "reset" | undefined;
  /** Settles when `outcome` is known. */
  closed: Promise<UpstreamCall>;
}

export interface Answer {
  /** 200 by default. */
  status?: number;
  /** `content-type: application/json` by default; a given object replaces it. */
  headers?: Record<string, string>;
  /** A text or bytes go out with their length; an iterable goes out piece by piece, chunked. */
  body?: string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;
  /** After the body: `end` it properly, `reset` the socket, or `hang` until the other side leaves. */
  ending?: "end" | "reset" | "hang";
}

/** `hang` and `reset` act before any header is sent. */
export type Script =
  | Answer
  | "hang"
  | "reset"
  | ((call: UpstreamCall) => Answer | "hang" | "reset" | Promise<Answer | "hang" | "reset">);

export interface ScriptedUpstream {
  /** `127.0.0.1:<port>` */
  address: string;
  calls: UpstreamCall[];
  openCalls(): UpstreamCall[];
  /** The next call that no `nextCall` has handed out yet, now or when it comes. */
  nextCall(): Promise<UpstreamCall>;
  /** Answers of the next calls, one each. When none is left, the last `setScript` answers. */
  enqueue(...scripts: Script[]): void;
  setScript(script: Script): void;
  /** Forgets calls and queued answers. */
  clear(): void;
  stop(): Promise<void>;
}

/** Starts an HTTP server that stands where Workers AI stands behind the binding, and does what its scripts say. */
export async function startScriptedUpstream(fallback: Script = { body: "{}" }): Promise<ScriptedUpstream> {
  const queue: Script[] = [];
  const calls: UpstreamCall[] = [];
  const waiting: ((call: UpstreamCall) => void)[] = [];
  let handedOut = 0;
  let script = fallback;

  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
    void receive(request, response);
  });

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      return; // The caller left while it was still sending: nothing to record.
    }
    const call = recordCall(request, response, Buffer.concat(pieces).toString("utf8"));
    calls.push(call);
    if (waiting.length > 0) {
      handedOut += 1;
      waiting.shift()?.(call);
    }
    const next = queue.shift() ?? script;
    await play(call, response, typeof next === "function" ? await next(call) : next);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the scripted upstream has no port");

  return {
    address: `127.0.0.1:${address.port}`,
    calls,
    openCalls: () => calls.filter((call) => call.outcome === undefined),
    nextCall() {
      const call = calls[handedOut];
      if (call === undefined) return new Promise((resolve) => waiting.push(resolve));
      handedOut += 1;
      return Promise.resolve(call);
    },
    enqueue: (...scripts) => void queue.push(...scripts),
    setScript: (next) => void (script = next),
    clear() {
      queue.length = 0;
      calls.length = 0;
      waiting.length = 0;
      handedOut = 0;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function recordCall(request: IncomingMessage, response: ServerResponse, bodyText: string): UpstreamCall {
  const { inputs, options, files } = readBody(bodyText);
  const settled = Promise.withResolvers<UpstreamCall>();
  const call: UpstreamCall = {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    model: String(request.headers["cf-consn-model-id"]),
    bodyText,
    inputsText: bodyText.slice('{"inputs":'.length, bodyText.lastIndexOf(',"options":')),
    inputs,
    options,
    files,
    bytesSent: 0,
    outcome: undefined,
    closed: settled.promise,
  };
  response.once("close", () => {
    call.outcome ??= response.writableFinished ? "answered" : "aborted";
    settled.resolve(call);
  });
  return call;
}

/** A redirect is followed with a GET that has no body: that too is a call, without inputs. */
function readBody(text: string): { inputs?: unknown; options?: unknown; files?: ConvertedFile[] } {
  if (text === "") return {};
  const body = JSON.parse(text) as { inputs?: unknown; options?: unknown; files?: ConvertedFile[] };
  if (body.inputs === undefined && body.files === undefined) {
    throw new Error(`not what the AI binding sends: ${text.slice(0, 200)}`);
  }
  return body;
}

async function play(call: UpstreamCall, response: ServerResponse, answer: Answer | "hang" | "reset"): Promise<void> {
  if (answer === "hang") return;
  if (answer === "reset") return reset(call, response);

  const { status = 200, headers = { "content-type": "application/json" }, body = "", ending = "end" } = answer;
  const whole = typeof body === "string" || body instanceof Uint8Array;
  // Node measures a body given in one go. A body that will not end properly must not be announced at its cut length.
  if (whole && ending === "end") {
    call.bytesSent = Buffer.byteLength(body);
    response.writeHead(status, { "content-length": String(call.bytesSent), ...headers }).end(body);
    return;
  }

  response.writeHead(status, headers);
  response.flushHeaders();
  for await (const piece of whole ? [body] : body) {
    if (response.destroyed) return;
    call.bytesSent += Buffer.byteLength(piece);
    if (!response.write(piece)) await Promise.race([once(response, "drain"), call.closed]);
  }
  if (ending === "end") response.end();
  if (ending === "reset") response.write("", () => reset(call, response));
}

function reset(call: UpstreamCall, response: ServerResponse): void {
  call.outcome ??= "reset";
  response.socket?.resetAndDestroy();
}
