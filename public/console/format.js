/** @param {number} milliseconds */
export function formatDuration(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

/**
 * Two digits that count, and never an exponent: one call costs a fraction of a cent.
 * @param {number} dollars
 */
export function formatCost(dollars) {
  return `$${dollars.toLocaleString("en-US", { maximumSignificantDigits: 2, maximumFractionDigits: 12 })}`;
}

/**
 * Indents a text if it is JSON, else leaves it alone.
 * @param {string} text
 */
export function indentJson(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
