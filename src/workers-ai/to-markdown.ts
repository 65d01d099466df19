/** A document for `toMarkdown`. The binding goes by the media type, then by the name's ending. */
export interface SourceDocument {
  name: string;
  contentType: string;
  bytes: Uint8Array;
}

/** In workers-types 5 the result has more fields, and the stand-in for development is another object. */
interface ConvertingAi {
  toMarkdown(document: {
    name: string;
    blob: Blob;
  }): Promise<{ format: "markdown"; data: string } | { format: "error"; error: string }>;
}

/**
 * Turns a document (HTML, PDF, office formats and others) into Markdown by `env.AI.toMarkdown`
 * (developers.cloudflare.com/workers-ai/features/markdown-conversion). Undefined when the document can't be converted,
 * or when the binding can't convert at all.
 */
export async function toMarkdown(
  ai: unknown,
  { name, contentType, bytes }: SourceDocument,
): Promise<string | undefined> {
  if (!canConvert(ai)) return undefined;
  const converted = await ai.toMarkdown({ name, blob: new Blob([bytes], { type: contentType }) });
  return converted.format === "markdown" ? converted.data : undefined;
}

function canConvert(ai: unknown): ai is ConvertingAi {
  return (typeof ai === "object" || typeof ai === "function") && ai !== null && "toMarkdown" in ai;
}
