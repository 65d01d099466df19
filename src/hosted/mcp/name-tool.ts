/** What a function's name may be (OpenAI's rule). */
const unsafeCharacters = /[^a-zA-Z0-9_-]/g;
const maxLength = 64;

/**
 * The name under which the model sees a tool of an MCP server: `{server_label}__{name}`. Past 64 characters its end is a
 * hash of the whole, so that two long names stay two.
 */
export function nameMcpTool(label: string, name: string): string {
  const whole = `${label}__${name}`;
  const safe = whole.replaceAll(unsafeCharacters, "_");
  if (safe.length <= maxLength) return safe;
  const hash = hashText(whole);
  return `${safe.slice(0, maxLength - hash.length - 1)}_${hash}`;
}

/** FNV-1a of a text's UTF-8 bytes, as 8 hex digits: tells names apart, and protects nothing. */
function hashText(text: string): string {
  let hash = 0x81_1c_9d_c5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01_00_01_93);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
