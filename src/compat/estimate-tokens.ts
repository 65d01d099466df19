/** Estimates how many tokens of o200k a text has. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
