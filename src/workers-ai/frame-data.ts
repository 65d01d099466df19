/** The control tokens of gpt-oss's own format (github.com/openai/harmony): in what comes from outside they are only text. */
const controlTokens = /<\|(start|end|message|channel|constrain|return|call|endoftext)\|>/g;

/**
 * Puts a text from outside between marks that say where it begins and ends, under a line that says what it is. The mark is
 * one that the text's author can't know, and the same whenever the model is given the text: prompt caches go by it.
 */
export function frameData({ heading, text, mark }: { heading: string; text: string; mark: string }): string {
  // The mark goes first, and leaves a space: what stood around it must not become a control token, or the mark itself.
  const inside = text.replaceAll(mark, " ").replaceAll(controlTokens, "< |$1| >");
  return `${heading}\n<<<${mark}\n${inside}\n${mark}>>>`;
}
