import * as z from "zod/mini";

/** Who searches the web, by the setting `WEB_SEARCH`. */
export type SearchSetting =
  /** Cloudflare's Web Search API, through the AI Gateway of `AI_GATEWAY_ID`. `provider` is Cloudflare's default when undefined. */
  | { kind: "cloudflare"; provider: string | undefined; gatewayId: string }
  | { kind: "brave" | "tavily"; key: string }
  /** Base URL of the instance, without a slash at its end. */
  | { kind: "searxng"; url: string };

/** An MCP server that the operator named. */
export interface McpServerSetting {
  readonly url: string;
  /** Sent to `url` as a bearer token, and nowhere else. */
  readonly token: string | undefined;
}

/** Which hosted tools this Worker runs. What is undefined is off. */
export interface HostedToolSettings {
  readonly webSearch: SearchSetting | undefined;
  readonly mcp:
    | {
        /** By label. */
        readonly servers: ReadonlyMap<string, McpServerSetting>;
        /** Whether a request may name servers of its own: a last entry `*`. */
        readonly allowsOthers: boolean;
      }
    | undefined;
  /** Full Workers AI name of the model that makes images. */
  readonly imageModel: string | undefined;
}

const trimmed = z.pipe(
  z.string(),
  z.transform((value) => value.trim()),
);

const entries = z.pipe(
  z.string(),
  z.transform((value) => value.split(",").map((part) => part.trim())),
);

/** OpenAI's rule for a server's label (openai-openapi, `MCPTool`), and short enough to leave room for a tool's name. */
const label = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** What these settings are, before they are read together: for the schema of all settings in config.ts. */
export const hostedToolSettings = {
  WEB_SEARCH: z.optional(
    z.pipe(
      trimmed,
      z
        .string()
        .check(
          z.refine(
            (value) =>
              /^(cloudflare(:[a-z0-9-]{1,64})?|brave|tavily)$/.test(value) || readSearxngUrl(value) !== undefined,
            "must be cloudflare, cloudflare:provider, brave, tavily or searxng:https://search.example.com",
          ),
        ),
    ),
  ),
  WEB_SEARCH_KEY: z.optional(
    z
      .string()
      .check(z.regex(/^[\u0021-\u007e]{1,512}$/, "must be the provider's API key: 1 to 512 visible characters")),
  ),
  MCP_SERVERS: z.optional(
    z.pipe(
      entries,
      z.array(z.string()).check(
        z.refine(
          (values) => values.every((value, index) => isServer(value) || (value === "*" && index === values.length - 1)),
          "must be comma separated label=url pairs such as docs=https://mcp.example.com/mcp, and may end with *",
        ),
        z.refine(
          (values) => new Set(values.map((value) => splitAt(value, "=")[0])).size === values.length,
          "must not give two URLs to one label",
        ),
      ),
    ),
  ),
  MCP_TOKENS: z.optional(
    z.pipe(
      entries,
      z.array(
        z
          .string()
          .check(
            z.refine(
              (value) => label.test(splitAt(value, ":")[0]) && /^[\u0021-\u007e]{1,4096}$/.test(splitAt(value, ":")[1]),
              "must be comma separated label:token pairs, each token of visible characters",
            ),
          ),
      ),
    ),
  ),
  IMAGE_MODEL: z.optional(
    z.pipe(
      trimmed,
      z
        .string()
        .check(z.regex(/^@[\w./-]{1,127}$/, "must be a Workers AI model such as @cf/black-forest-labs/flux-1-schnell")),
    ),
  ),
};

interface CheckedSettings {
  WEB_SEARCH?: string | undefined;
  WEB_SEARCH_KEY?: string | undefined;
  MCP_SERVERS?: readonly string[] | undefined;
  MCP_TOKENS?: readonly string[] | undefined;
  IMAGE_MODEL?: string | undefined;
  AI_GATEWAY_ID?: string | undefined;
}

/** The setting that can't be, beside the others, and why: `message` goes on from "The setting X". */
export type SettingConflict = (setting: string, message: string) => Error;

/** Turns checked settings into what runs. Throws what `conflict` makes of settings that contradict each other. */
export function readHostedTools(checked: CheckedSettings, conflict: SettingConflict): HostedToolSettings {
  return { webSearch: readSearch(checked, conflict), mcp: readMcp(checked, conflict), imageModel: checked.IMAGE_MODEL };
}

function readSearch(
  { WEB_SEARCH: setting, WEB_SEARCH_KEY: key, AI_GATEWAY_ID: gatewayId }: CheckedSettings,
  conflict: SettingConflict,
): SearchSetting | undefined {
  if (setting === undefined) return undefined;
  const [kind, provider] = splitAt(setting, ":");
  if (kind === "cloudflare") {
    if (gatewayId === undefined)
      throw conflict("WEB_SEARCH", "needs AI_GATEWAY_ID: Cloudflare's search runs through a gateway");
    return { kind, provider: provider === "" ? undefined : provider, gatewayId };
  }
  if (kind === "brave" || kind === "tavily") {
    if (key === undefined) throw conflict("WEB_SEARCH", `needs the secret WEB_SEARCH_KEY, a key of ${kind}`);
    return { kind, key };
  }
  const url = readSearxngUrl(setting);
  return url === undefined ? undefined : { kind: "searxng", url };
}

function readMcp(
  { MCP_SERVERS: servers, MCP_TOKENS: tokens = [] }: CheckedSettings,
  conflict: SettingConflict,
): HostedToolSettings["mcp"] {
  const pairs = (servers ?? []).filter((entry) => entry !== "*").map((entry) => splitAt(entry, "="));
  const tokenOf = new Map(tokens.map((entry) => splitAt(entry, ":")));
  const urlOf = new Map(pairs);
  if ([...tokenOf.keys()].some((name) => !urlOf.has(name))) {
    throw conflict("MCP_TOKENS", "names a server that MCP_SERVERS does not have");
  }
  if (servers === undefined) return undefined;
  return {
    servers: new Map(pairs.map(([name, url]) => [name, { url, token: tokenOf.get(name) }])),
    allowsOthers: servers.includes("*"),
  };
}

function isServer(entry: string): boolean {
  const [name, url] = splitAt(entry, "=");
  return label.test(name) && isHttpUrl(url);
}

function readSearxngUrl(setting: string): string | undefined {
  const [kind, url] = splitAt(setting, ":");
  return kind === "searxng" && isHttpUrl(url) ? url.replace(/\/+$/, "") : undefined;
}

/** What the operator names may be any server, also one inside. */
function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") && url.username === "";
}

/** Before and after the first `separator`; what follows is empty where there is none. */
function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
