/** What `env.AI.toMarkdown` resolves to for one document. */
export type Converted =
  | { id: string; name: string; mimeType: string; format: "markdown"; tokens: number; data: string }
  | { id: string; name: string; mimeType: string; format: "error"; error: string };

/** Turns HTML into Markdown, roughly: headings and paragraphs. Other documents need the real service. */
export async function convertDocument({ name, blob }: { name: string; blob: Blob }): Promise<Converted> {
  const about = { id: name, name, mimeType: blob.type };
  if (!blob.type.startsWith("text/html")) {
    return { ...about, format: "error", error: "The stand-in converts HTML only." };
  }
  const data = convertHtml(await blob.text());
  return { ...about, format: "markdown", tokens: Math.ceil(data.length / 4), data };
}

function convertHtml(html: string): string {
  return html
    .replaceAll(/<(head|script|style)\b[\s\S]*?<\/\1>/gi, "")
    .replaceAll(/<h([1-6])[^>]*>/gi, (_, level: string) => `\n\n${"#".repeat(Number(level))} `)
    .replaceAll(/<(?:p|div|li|br|tr)\b[^>]*>/gi, "\n\n")
    .replaceAll(/<[^>]+>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll(/[ \t]+/g, " ")
    .replaceAll(/\n\s*\n\s*/g, "\n\n")
    .trim();
}
