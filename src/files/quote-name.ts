/** Longest name of a file that is repeated to the model, in characters. */
const longestName = 120;

/** The name of a file on one line, without what could end the quotes around it. */
export function quoteName(name: string): string {
  const line = name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}"]/gu, " ").trim();
  return `"${line.slice(0, longestName).toWellFormed()}"`;
}
