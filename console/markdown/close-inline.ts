/**
 * Makes the end of a growing Markdown text look as it will: closes emphasis and code that are open, and shows an
 * unfinished link by its text. Else what stands there would first be drawn with its marks and then jump.
 */
export function closeInline(text: string): string {
  const start = text.lastIndexOf("\n") + 1;
  const line = text.slice(start);
  return text.slice(0, start) + closeMarks(closeLink(line));
}

/** `[text](https://exa` becomes `text`; `[text` too. */
function closeLink(line: string): string {
  const open = /!?\[([^\]\n]*)(?:\](?:\([^)\n]*)?)?$/.exec(line);
  if (open === null) return line;
  // A box of a task list, or a footnote, is not a link.
  if (/^[ x^]?$/i.test(open[1] ?? "")) return line.slice(0, open.index);
  return line.slice(0, open.index) + (open[1] ?? "");
}

function closeMarks(line: string): string {
  // Marks at the very end open something that is not there yet.
  const bare = line.replace(/(?<=\s)(?:\*{1,3}|_{1,3}|`{1,2}|~{1,2})$/, "");
  const code = bare.match(/`/g)?.length ?? 0;
  if (code % 2 === 1) return `${bare}\``;
  const strong = bare.match(/\*\*/g)?.length ?? 0;
  if (strong % 2 === 1) return `${bare.replace(/\*$/, "")}**`;
  const emphasis = bare.replaceAll("**", "").match(/(?<!\s)\*|\*(?!\s)/g)?.length ?? 0;
  return emphasis % 2 === 1 && !/^\s*\*\s/.test(bare) ? `${bare}*` : bare;
}
