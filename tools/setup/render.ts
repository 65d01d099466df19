import type { Answers } from "./answers.ts";

/** The answers as a table. */
export function renderAnswers(answers: Answers): string {
  const rows = [
    ["name", answers.name],
    ["models", answers.models.join(", ")],
    ["/v1 answers", answers.mode],
    ["first key", answers.keyName],
    ["admin key", answers.adminKey ? "yes" : "no"],
    ["web search", answers.webSearch ?? "off"],
    ["rate limit", answers.rateLimit === undefined ? "off" : `${answers.rateLimit} requests a minute for each key`],
  ];
  return rows.map(([name = "", value = ""]) => `  ${name.padEnd(12)}  ${value}`).join("\n");
}

/** The lines of a file that change, `-` before and `+` after. */
export function renderChange(before: string, after: string): string {
  const [old, young] = [before.split("\n"), after.split("\n")];
  const kept = findCommon(old, young);
  const lines: string[] = [];
  let [at, to] = [0, 0];
  for (const [keptOld, keptYoung] of [...kept, [old.length, young.length] as const]) {
    for (; at < keptOld; at++) lines.push(`  - ${old[at]}`);
    for (; to < keptYoung; to++) lines.push(`  + ${young[to]}`);
    at += 1;
    to += 1;
  }
  return lines.join("\n");
}

/** Pairs of indexes of the longest sequence of lines that both have. The file is short: a table of all pairs will do. */
function findCommon(old: readonly string[], young: readonly string[]): [number, number][] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint16Array(young.length + 1));
  for (let at = old.length - 1; at >= 0; at--) {
    for (let to = young.length - 1; to >= 0; to--) {
      const length =
        old[at] === young[to]
          ? (lengths[at + 1]?.[to + 1] ?? 0) + 1
          : Math.max(lengths[at + 1]?.[to] ?? 0, lengths[at]?.[to + 1] ?? 0);
      lengths[at]?.fill(length, to, to + 1);
    }
  }
  const pairs: [number, number][] = [];
  for (let at = 0, to = 0; at < old.length && to < young.length;) {
    if (old[at] === young[to]) pairs.push([at++, to++]);
    else if ((lengths[at + 1]?.[to] ?? 0) >= (lengths[at]?.[to + 1] ?? 0)) at += 1;
    else to += 1;
  }
  return pairs;
}

/** How to call the Worker: what works when it is copied. */
export function renderUse({ url, key, model }: { url: string; key: string; model: string }): string {
  return `  Base URL of every OpenAI client:  ${url}/openai/v1

  curl ${url}/openai/v1/responses \\
    -H 'authorization: Bearer ${key}' \\
    -H 'content-type: application/json' \\
    -d '{"input": "Say hi"}'

  openai (npm install openai)

    import OpenAI from "openai";
    const client = new OpenAI({ baseURL: "${url}/openai/v1", apiKey: "${key}" });
    const response = await client.responses.create({ model: "${model}", input: "Say hi" });
    console.log(response.output_text);

  Codex (~/.codex/config.toml, with RESPONSES_API_KEY=${key} in the environment)

    model = "${model}"
    model_context_window = 128000
    model_provider = "workers-ai"

    [model_providers.workers-ai]
    name = "Workers AI"
    base_url = "${url}/openai/v1"
    env_key = "RESPONSES_API_KEY"
    wire_api = "responses"
`;
}
