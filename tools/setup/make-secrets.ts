import { randomBytes } from "node:crypto";
import type { Answers } from "./answers.ts";

/**
 * Makes the secrets that the Worker does not have yet. One that is there stays as it is: whoever uses it would be locked
 * out. The key of a search provider is taken from the environment, as WEB_SEARCH_KEY.
 */
export function makeSecrets(
  { keyName, adminKey, webSearch }: Answers,
  { existing, env }: { existing: readonly string[]; env: Readonly<Record<string, string | undefined>> },
): Record<string, string> {
  const searchKey = needsSearchKey(webSearch) ? env["WEB_SEARCH_KEY"] : undefined;
  const made = {
    API_KEYS: `${keyName}:sk-${randomBytes(32).toString("base64url")}`,
    REASONING_KEY: randomBytes(32).toString("hex"),
    ...(adminKey && { ADMIN_KEY: `sk-admin-${randomBytes(32).toString("base64url")}` }),
    ...(searchKey !== undefined && { WEB_SEARCH_KEY: searchKey }),
  };
  return Object.fromEntries(Object.entries(made).filter(([name]) => !existing.includes(name)));
}

/** Secrets that the answers need and only the operator has. */
export function listMissing({ webSearch }: Answers, existing: readonly string[]): string[] {
  return needsSearchKey(webSearch) && !existing.includes("WEB_SEARCH_KEY") ? ["WEB_SEARCH_KEY"] : [];
}

function needsSearchKey(webSearch: string | undefined): boolean {
  return webSearch === "brave" || webSearch === "tavily";
}
