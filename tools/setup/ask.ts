import { cancel, confirm, isCancel, select, text } from "@clack/prompts";
import { type Answers, rules, splitModels } from "./answers.ts";

/** Asks for every answer that no flag gave, with what holds now as the default. Ends the process when somebody leaves. */
export async function ask(given: Partial<Answers>, defaults: Answers): Promise<Answers> {
  const name = given.name ?? (await askText("name", "Name of the Worker", defaults.name));
  const models =
    given.models ?? splitModels(await askText("models", "Models, the default first", defaults.models.join(",")));
  const mode = given.mode ?? (await askMode(defaults.mode));
  const keyName = given.keyName ?? (await askText("key-name", "Name of your first API key", defaults.keyName));
  const adminKey = given.adminKey ?? (await askAdminKey(defaults.adminKey));
  const webSearch = "webSearch" in given ? given.webSearch : await askWebSearch(defaults.webSearch);
  const gateway = given.gateway ?? (await askGateway(webSearch, defaults.gateway));
  const rateLimit = "rateLimit" in given ? given.rateLimit : await askRateLimit(defaults.rateLimit);
  return { name, models, mode, keyName, adminKey, webSearch, gateway, rateLimit };
}

async function askText(rule: keyof typeof rules, message: string, initialValue: string): Promise<string> {
  const [pattern, explanation] = rules[rule];
  const validate = (value: string | undefined): string | undefined =>
    pattern.test(value ?? "") ? undefined : explanation;
  const answer = await text({ message, initialValue, validate });
  return isCancel(answer) ? leave() : answer;
}

async function askMode(initialValue: Answers["mode"]): Promise<Answers["mode"]> {
  const answer = await select<Answers["mode"]>({
    message: "What /v1 answers (/openai/v1 is compat always)",
    initialValue,
    options: [
      { value: "native", label: "native", hint: "Workers AI's own bytes" },
      { value: "compat", label: "compat", hint: "what every OpenAI client needs" },
    ],
  });
  return isCancel(answer) ? leave() : answer;
}

async function askAdminKey(initialValue: boolean): Promise<boolean> {
  const answer = await confirm({ message: "Make an admin key, to make, limit and revoke keys?", initialValue });
  return isCancel(answer) ? leave() : answer;
}

async function askWebSearch(now: string | undefined): Promise<string | undefined> {
  const message = "Web search: off, cloudflare, brave, tavily or searxng:<url>";
  const answer = await askText("web-search", message, now ?? "off");
  return answer === "off" ? undefined : answer;
}

async function askGateway(webSearch: string | undefined, now: string | undefined): Promise<string | undefined> {
  if (webSearch?.startsWith("cloudflare") !== true) return now;
  return askText("gateway", "Id of the AI Gateway that pays for the search", now ?? "default");
}

async function askRateLimit(now: number | undefined): Promise<number | undefined> {
  const answer = await askText("rate-limit", "Requests a minute for each key, or off", String(now ?? "off"));
  return answer === "off" ? undefined : Number(answer);
}

function leave(): never {
  cancel("Nothing was changed.");
  process.exit(1);
}
