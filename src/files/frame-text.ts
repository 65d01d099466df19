/** The control tokens of gpt-oss's own format (github.com/openai/harmony): in a file they are only text. */
const controlTokens = /<\|(start|end|message|channel|constrain|return|call|endoftext)\|>/g;

/** Longest name of a file that is repeated to the model, in characters. */
const longestName = 120;

/**
 * Puts the text of a file between marks that say where it begins and ends, under a line that says what it is. The mark is
 * made of the file's own hash, which no author of the file can write into it, and is the same whenever the model is given
 * the file: prompt caches go by it.
 */
export function frameText({ heading, text, mark }: { heading: string; text: string; mark: string }): string {
  const inside = text.replaceAll(controlTokens, "< |$1| >").replaceAll(mark, "");
  return `${heading}\n<<<${mark}\n${inside}\n${mark}>>>`;
}

/** The name of a file on one line, without what could end the quotes around it. */
export function quoteName(name: string): string {
  const line = name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}"]/gu, " ").trim();
  return `"${line.slice(0, longestName).toWellFormed()}"`;
}
