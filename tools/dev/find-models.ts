/** A server on this machine that has gpt-oss. */
export interface FoundModel {
  program: string;
  /** Base URL of its OpenAI-compatible API: `http://127.0.0.1:11434/v1`. */
  url: string;
  /** What it calls the model. */
  model: string;
}

/** The ports these programs listen on unless told otherwise, by their own documentation. */
export const usualServers: readonly Pick<FoundModel, "program" | "url">[] = [
  { program: "Ollama", url: "http://127.0.0.1:11434/v1" },
  { program: "LM Studio", url: "http://127.0.0.1:1234/v1" },
  { program: "llama.cpp", url: "http://127.0.0.1:8080/v1" },
];

/** What runs on this machine answers within these milliseconds. */
const patience = 500;

/** Asks each server for its models, side by side, and returns those that have gpt-oss, in the order given. */
export async function findModels(servers = usualServers): Promise<FoundModel[]> {
  const found = await Promise.all(servers.map(askServer));
  return found.filter((server) => server !== undefined);
}

async function askServer({ program, url }: Pick<FoundModel, "program" | "url">): Promise<FoundModel | undefined> {
  try {
    const answer = await fetch(`${url}/models`, { signal: AbortSignal.timeout(patience), redirect: "error" });
    const model = readIds(await answer.json()).find((id) => /gpt-?oss/i.test(id));
    return model === undefined ? undefined : { program, url, model };
  } catch {
    // Nothing listens there, or something else does.
    return undefined;
  }
}

function readIds(list: unknown): string[] {
  const data: unknown = Object(list).data;
  return Array.isArray(data) ? data.map((model: unknown) => String(Object(model).id)) : [];
}
