import { isRecord, type JsonRecord, readText } from "../../src/protocol/json.ts";
import { advise, foreignAdvice } from "./advise.ts";
import { Failure } from "./finding.ts";

/** The Worker under examination. */
export interface Target {
  /** Without `/v1` and without a slash at the end. */
  url: string;
  key: string | undefined;
  /** Seconds all checks have together. */
  seconds: number;
  /** Aborts when they are over. */
  signal: AbortSignal;
}

export interface Call {
  path: string;
  method?: string;
  body?: object;
  /** Another key than the target's. */
  key?: string;
}

/** Sends one request. Throws a `Failure` that says why nothing came back, or which error did. */
export async function send(target: Target, call: Call): Promise<Response> {
  const answer = await sendAnyway(target, call);
  if (answer.ok) return answer;
  throw await readFailure(answer);
}

/** The same, but any status will do. */
export async function sendAnyway(
  { url, key: ownKey, signal, seconds }: Target,
  { path, method = "GET", body, key = ownKey }: Call,
): Promise<Response> {
  try {
    return await fetch(url + path, {
      method,
      signal,
      redirect: "manual",
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw explain(error, seconds);
  }
}

/** Reads an answer as a JSON object. Throws a `Failure` for anything else, also for a body that breaks off. */
export async function readObject(answer: Response, seconds: number): Promise<JsonRecord> {
  let text: string;
  try {
    text = await answer.text();
  } catch (error) {
    throw explain(error, seconds);
  }
  const value = parse(text);
  if (isRecord(value)) return value;
  throw new Failure(
    "the answer is not a JSON object",
    "Look for a proxy between here and the Worker that rewrites answers.",
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readFailure(answer: Response): Promise<Failure> {
  const location = answer.headers.get("location");
  if (answer.status >= 300 && answer.status < 400 && location !== null) {
    return new Failure(`${answer.status}: it sends on to ${location}`, "Give the address that answers itself.");
  }
  const value = parse(await answer.text().catch(() => ""));
  const error = isRecord(value) ? value["error"] : undefined;
  if (!isRecord(error)) {
    const type = answer.headers.get("content-type") ?? "no content type";
    return new Failure(`${answer.status} that is not this Worker's (${type})`, foreignAdvice);
  }
  const failure = {
    code: readText(error["code"]),
    param: readText(error["param"]),
    message: readText(error["message"]),
  };
  return new Failure(`${answer.status} ${failure.code}: ${failure.message}`, advise(failure));
}

/** Turns what `fetch` threw into words. */
export function explain(error: unknown, seconds: number): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof Error && error.name === "TimeoutError") {
    return new Failure(
      `no answer within the ${seconds} seconds all checks have`,
      `Give it longer: --seconds ${seconds * 6}. If that does not help, the model hangs, or a proxy before the Worker.`,
    );
  }
  const code = findCode(error);
  switch (code) {
    case "ECONNREFUSED":
      return new Failure("nothing listens at this address", "Start the Worker (npm run dev), or check host and port.");
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new Failure("there is no such host", foreignAdvice);
    default:
      return new Failure(
        `the connection failed (${code})`,
        "Check http or https, the port, and what stands between here and the Worker.",
      );
  }
}

function findCode(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.name : findCode(error.cause);
}
