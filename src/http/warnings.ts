/** What was left out or changed on the way to the model: each said once, in the order it was found. */
export type Warnings = Set<string>;

const maxWarnings = 8;
const maxLength = 240;

/**
 * Turns warnings into the value of a `warning` header, or `undefined` for none (RFC 7234 section 5.5, obsoleted by RFC
 * 9111: code 299, no agent, quoted text). Visible ASCII whatever the texts hold, and at most 2.3 KiB.
 */
export function renderWarnings(warnings: ReadonlySet<string>): string | undefined {
  if (warnings.size === 0) return undefined;
  const all = [...warnings];
  const shown = all.length > maxWarnings ? [...all.slice(0, maxWarnings - 1), "There are more warnings."] : all;
  return shown.map((text) => `299 - "${quote(text)}"`).join(", ");
}

function quote(text: string): string {
  // One more than is shown tells that there is more; a text may be as long as a request.
  const ascii = text.slice(0, maxLength + 1).replaceAll(/[^\u0020-\u007e]/g, "?");
  const short = ascii.length > maxLength ? `${ascii.slice(0, maxLength - 3)}...` : ascii;
  return short.replaceAll(/["\\]/g, (character) => `\\${character}`);
}
