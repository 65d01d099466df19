/** Characters of all texts that are remembered: an isolate has 128 MB. */
const mostCharacters = 4_000_000;

/** Least recently used first. */
const texts = new Map<string, string>();
let characters = 0;

/** The requests that belong together for a client that stores nothing here: those of one key with one `prompt_cache_key`. */
export function nameChain(keyName: string, promptCacheKey: string | null | undefined): string | undefined {
  return promptCacheKey ? JSON.stringify([keyName, promptCacheKey]) : undefined;
}

/**
 * The text that a conversion gave in a request of the same chain, if this isolate had it lately: Codex sends its whole history,
 * images included, with each request.
 */
export function findRecent(chain: string, key: string): string | undefined {
  const name = chain + key;
  const text = texts.get(name);
  if (text === undefined) return undefined;
  texts.delete(name);
  texts.set(name, text);
  return text;
}

/** Remembers a conversion's text, and forgets what was not asked for longest. */
export function rememberRecent(chain: string, key: string, text: string): void {
  const name = chain + key;
  characters += text.length - (texts.get(name)?.length ?? 0);
  texts.delete(name);
  texts.set(name, text);
  for (const [oldest, { length }] of texts) {
    if (characters <= mostCharacters) return;
    texts.delete(oldest);
    characters -= length;
  }
}
