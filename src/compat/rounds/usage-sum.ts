import type { Usage } from "../../protocol/events.ts";
import { fillUsage } from "../../protocol/fill-usage.ts";
import { readTokens, type Tokens } from "../../protocol/tokens.ts";

interface CountedRound {
  /** What upstream has counted of the round so far. */
  usage: () => unknown;
  /** What it has taken so far, where upstream has counted nothing. */
  estimate: () => Tokens;
}

/** Tokens of the rounds of one Response. A round that is not over counts with what is known of it. */
export class UsageSum {
  readonly #rounds: CountedRound[] = [];

  add(round: CountedRound): void {
    this.#rounds.push(round);
  }

  /** As upstream has counted; null when it has counted nothing. */
  get total(): Usage | null {
    return this.#rounds.map(({ usage }) => fillUsage(usage())).reduce(addUp, null);
  }

  /** What has to be paid for: a round that upstream has not counted is estimated. */
  get tokens(): Tokens {
    return this.#rounds
      .map(({ usage, estimate }) => readTokens(usage()) ?? estimate())
      .reduce(addTokens, { input: 0, cached: 0, output: 0, reasoning: 0, estimated: false });
  }

  get outputTokens(): number {
    return this.total?.output_tokens ?? 0;
  }

  get totalTokens(): number {
    return this.total?.total_tokens ?? 0;
  }
}

function addUp(one: Usage | null, other: Usage | null): Usage | null {
  if (one === null || other === null) return one ?? other;
  const { input_tokens_details: oneIn, output_tokens_details: oneOut } = one;
  const { input_tokens_details: otherIn, output_tokens_details: otherOut } = other;
  return {
    ...one,
    input_tokens: one.input_tokens + other.input_tokens,
    input_tokens_details: {
      ...oneIn,
      cached_tokens: oneIn.cached_tokens + otherIn.cached_tokens,
      cache_write_tokens: oneIn.cache_write_tokens + otherIn.cache_write_tokens,
    },
    output_tokens: one.output_tokens + other.output_tokens,
    output_tokens_details: {
      ...oneOut,
      reasoning_tokens: oneOut.reasoning_tokens + otherOut.reasoning_tokens,
    },
    total_tokens: one.total_tokens + other.total_tokens,
  };
}

function addTokens(one: Tokens, other: Tokens): Tokens {
  return {
    input: one.input + other.input,
    cached: one.cached + other.cached,
    output: one.output + other.output,
    reasoning: one.reasoning + other.reasoning,
    estimated: one.estimated || other.estimated,
  };
}
