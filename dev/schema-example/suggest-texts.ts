/**
 * Picks the texts of a user's message that are likely arguments: what stands in quotes, then capitalised words that don't begin a sentence.
 * "Call get_weather with city exactly Paris." gives Paris.
 */
export function suggestTexts(text: string): string[] {
  const quoted = Array.from(text.matchAll(/["“'`]([^"“”'`\n]{1,60})["”'`]/gu), ([, inside]) => inside ?? "");
  const names = Array.from(
    text.matchAll(/(?<=[\p{Ll}\d,:;] )\p{Lu}[\p{L}\d-]+(?: \p{Lu}[\p{L}\d-]+)*/gu),
    ([name]) => name,
  );
  return [...new Set([...quoted, ...names])];
}
