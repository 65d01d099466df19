import { parseArgs } from "node:util";
import { readWrangler } from "./edit-wrangler.ts";

/** What somebody who sets the Worker up has to decide. */
export interface Answers {
  /** Of the Worker: the first part of its address. */
  name: string;
  /** Full Workers AI names, the default first. */
  models: string[];
  /** What `/v1` answers; `/openai/v1` is compat always. */
  mode: "native" | "compat";
  /** Name of the first key. */
  keyName: string;
  /** Whether keys are managed by an admin key. */
  adminKey: boolean;
  /** Value of WEB_SEARCH; undefined for none. */
  webSearch: string | undefined;
  /** The AI Gateway that Cloudflare's own search is paid through. */
  gateway: string | undefined;
  /** Requests a minute for each key; undefined for no limit. */
  rateLimit: number | undefined;
}

export interface Flags {
  answers: Partial<Answers>;
  /** Ask nothing: what is not given stays as it is. */
  unattended: boolean;
  dryRun: boolean;
  deploy: boolean;
  /** Only say how it is asked. */
  help: boolean;
  /** Where the Worker is reached, if not at its workers.dev address. */
  url: string | undefined;
}

export const usage = `Usage: npm run setup -- [flags]

  --name responses-api       the Worker's name, the first part of its address
  --models a,b               what it serves, the default first
  --mode native|compat       what /v1 answers; /openai/v1 is compat always
  --key-name me              name of the first API key
  --admin-key, --no-admin-key
                             whether keys can be made and revoked over the API
  --web-search off|cloudflare|brave|tavily|searxng:<url>
  --gateway <id>             the AI Gateway, for --web-search cloudflare
  --rate-limit off|<n>       requests a minute for each key
  --url https://api.example  the address, where it has a domain of its own
  --yes                      ask nothing
  --no-deploy                only write wrangler.toml
  --dry-run                  show what would be done
`;

const options = {
  name: { type: "string" },
  models: { type: "string" },
  mode: { type: "string" },
  "key-name": { type: "string" },
  "admin-key": { type: "boolean" },
  "web-search": { type: "string" },
  gateway: { type: "string" },
  "rate-limit": { type: "string" },
  url: { type: "string" },
  yes: { type: "boolean", default: false },
  deploy: { type: "boolean", default: true },
  "dry-run": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** What each answer must look like, with what to say of one that does not. The questions use the same. */
export const rules = {
  name: [/^[a-z0-9][a-z0-9-]{0,53}$/, "A name has letters a to z, digits and hyphens, 54 at most."],
  models: [/^[\w@][\w@./:-]*(\s*,\s*[\w@][\w@./:-]*)*$/, "Give model names, comma separated."],
  mode: [/^(native|compat)$/, "The mode is native or compat."],
  "key-name": [/^(?!anonymous$)[\w.-]{1,64}$/, "A key's name has letters, digits, and . _ -, 64 at most."],
  "web-search": [
    /^(off|cloudflare(:\w+)?|brave|tavily|searxng:https?:\/\/\S+)$/,
    "The search is off, cloudflare, brave, tavily or searxng:<url>.",
  ],
  gateway: [/^[\w-]{1,64}$/, "A gateway's id has letters, digits, _ and -, 64 at most."],
  "rate-limit": [/^(off|[1-9]\d{0,8})$/, "The rate limit is off or a number of requests a minute."],
  url: [/^https?:\/\/[^\s/]+(\/\S*)?$/, "An address starts with https://."],
} as const satisfies Record<string, readonly [RegExp, string]>;

/** Reads the command line. Throws an Error whose message says what is wrong with it. */
export function readFlags(args: string[], env: Readonly<Record<string, string | undefined>>): Flags {
  const { values } = parseArgs({ args, options, allowNegative: true });
  for (const [flag, [pattern, explanation]] of Object.entries(rules)) {
    const value = Object.entries(values).find(([name]) => name === flag)?.[1];
    if (typeof value === "string" && !pattern.test(value)) throw new Error(`--${flag}: ${explanation}`);
  }
  const { name, models, mode, gateway, url } = values;
  const search = values["web-search"];
  const limit = values["rate-limit"];
  const keyName = values["key-name"];
  const adminKey = values["admin-key"];
  return {
    answers: {
      ...(name !== undefined && { name }),
      ...(models !== undefined && { models: splitModels(models) }),
      ...((mode === "native" || mode === "compat") && { mode }),
      ...(keyName !== undefined && { keyName }),
      ...(adminKey !== undefined && { adminKey }),
      ...(search !== undefined && { webSearch: search === "off" ? undefined : search }),
      ...(gateway !== undefined && { gateway }),
      ...(limit !== undefined && { rateLimit: limit === "off" ? undefined : Number(limit) }),
    },
    unattended: values.yes,
    // `npm run setup --dry-run` gives the flag to npm, which puts it here: it is meant for us.
    dryRun: values["dry-run"] || env["npm_config_dry_run"] === "true",
    deploy: values.deploy,
    help: values.help,
    url: url?.replace(/\/+$/, ""),
  };
}

/** What holds unless somebody says otherwise: what wrangler.toml says now, and an admin key. */
export function readDefaults(wranglerToml: string): Answers {
  const { name, vars, rateLimit } = readWrangler(wranglerToml);
  return {
    name,
    models: splitModels(vars["MODELS"] ?? "@cf/openai/gpt-oss-20b"),
    mode: vars["MODE"] === "compat" ? "compat" : "native",
    keyName: "me",
    adminKey: true,
    webSearch: vars["WEB_SEARCH"],
    gateway: vars["AI_GATEWAY_ID"],
    rateLimit,
  };
}

export function splitModels(models: string): string[] {
  return models.split(",").map((model) => model.trim());
}
