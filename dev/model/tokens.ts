/** The stand-in's tokens: up to seven letters or digits with the space before them, a run of white space, or one other character. */
const token = / ?[\p{L}\p{N}_]{1,7}|\s+|./gsu;

/** Cuts a text into the pieces it is streamed in, one token each. Joined they are the text. */
export function splitTokens(text: string): string[] {
  return text.match(token) ?? [];
}

/** The length of a prompt in tokens, by the usual rule of thumb: four characters of its JSON text make one. */
export function estimateTokens(value: unknown): number {
  if (value === undefined || value === null) return 0;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return Math.ceil(text.length / 4);
}
