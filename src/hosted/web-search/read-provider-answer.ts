import { raceSignal } from "../../streams/race-signal.ts";
import { readWhole } from "../../streams/read-whole.ts";
import { WebFailure } from "../../web/web-failure.ts";
import { ToolFailure } from "../tool-failure.ts";

const maxBytes = 2_097_152;

/** Milliseconds for one search. */
const timeoutMs = 20_000;

/**
 * Asks a search provider and reads its JSON. What the provider wrote of a failure is not shown: it may hold the key.
 * @throws {ToolFailure} saying what went wrong
 * @throws {WebFailure} when no more requests may be made; whatever `signal` was aborted with when it was
 */
export async function readProviderAnswer(
  provider: string,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<Response>,
): Promise<unknown> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const anySignal = AbortSignal.any([signal, deadline]);
  async function askAndRead(): Promise<unknown> {
    const response = await ask(anySignal);
    if (!response.ok) {
      await response.body?.cancel();
      throw refusal(provider, response.status);
    }
    const bytes = await readWhole(response, maxBytes);
    if (bytes === undefined) throw new ToolFailure(`The search failed: the answer of ${provider} is too large.`);
    return JSON.parse(new TextDecoder().decode(bytes));
  }
  try {
    // The search of the AI binding takes no signal.
    return await raceSignal(anySignal, askAndRead);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolFailure || error instanceof WebFailure) throw error;
    if (deadline.aborted) throw new ToolFailure(`The search failed: ${provider} did not answer in time.`, error);
    if (error instanceof SyntaxError)
      throw new ToolFailure(`The search failed: ${provider} did not answer with JSON.`, error);
    throw new ToolFailure(`The search failed: ${provider} could not be reached.`, error);
  }
}

function refusal(provider: string, status: number): ToolFailure {
  switch (status) {
    case 401:
    case 403:
      return new ToolFailure(`The search failed: ${provider} refused this Worker's key or plan.`);
    case 402:
      return new ToolFailure(`The search failed: the account at ${provider} has no credit left.`);
    case 429:
      return new ToolFailure(`The search failed: ${provider} takes no more searches for now.`);
    default:
      return new ToolFailure(`The search failed: ${provider} answered with status ${status}.`);
  }
}
