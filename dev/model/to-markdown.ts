/** A document as it comes over RPC, which carries no Blob. */
export interface LocalDocument {
  name: string;
  contentType: string;
  bytes: Uint8Array;
}

/** What `env.AI.toMarkdown` resolves to for one document. */
export type Converted =
  | { id: string; name: string; mimeType: string; format: "markdown"; tokens: number; data: string }
  | { id: string; name: string; mimeType: string; format: "error"; error: string };

/** Turns HTML into Markdown, roughly: headings and paragraphs. Other documents need the real service. */
export function convertDocument({ name, contentType, bytes }: LocalDocument): Converted {
  const about = { id: name, name, mimeType: contentType };
  if (contentType !== "text/html") return { ...about, format: "error", error: "The stand-in converts HTML only." };
  const data = convertHtml(new TextDecoder().decode(bytes));
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
