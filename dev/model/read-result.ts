/** What a tool answered. */
export interface ToolResult {
  text: string;
  /** The pages it names, where the Worker itself ran the tool. */
  pages: { title: string; url: string }[];
}

/** How the Worker shows a model what a hosted tool returned: see `frameResult` in src/hosted. */
const frame = /^Result of .*\n<<<(\w+)\n([^]*)\n\1>>>$/u;

/** A title, and its address on the next line: so the Worker lists what it found and what it read. */
const page = /^(?:\[\d+\] )?(.+)\n(https:\/\/\S+)$/gmu;

export function readResult(text: string): ToolResult {
  const inside = frame.exec(text)?.[2];
  if (inside === undefined) return { text, pages: [] };
  return { text: inside, pages: Array.from(inside.matchAll(page), ([, title = "", url = ""]) => ({ title, url })) };
}
