import { execFile, execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { editWrangler } from "../../tools/setup/edit-wrangler.ts";
import { type FakeCloudflare, startFakeCloudflare } from "../support/fake-cloudflare.ts";
import { projectRoot } from "../support/project-paths.ts";
import { startScriptedUpstream, type ScriptedUpstream } from "../support/scripted-upstream.ts";
import { startWorkerd, type Workerd } from "../support/start-workerd.ts";

/** Runs setup as `npm run setup` does, in a folder of its own. */
function setUp(folder: string, { args, env = {} }: { args: string[]; env?: Record<string, string> }) {
  return new Promise<{ code: number; output: string; errors: string }>((resolve) => {
    const { CLOUDFLARE_API_TOKEN: _token, API_KEY: _key, npm_config_dry_run: _dryRun, ...rest } = process.env;
    const options = { cwd: folder, env: { ...rest, HOME: folder, XDG_CONFIG_HOME: folder, ...env } };
    execFile(process.execPath, ["tools/setup/run.ts", ...args], options, (error, output, errors) => {
      resolve({ code: error === null ? 0 : Number(error.code), output, errors });
    }).stdin?.end();
  });
}

/** What a clone has, with what is not committed yet, and the installed packages. */
async function cloneProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "setup-test-"));
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: projectRoot, encoding: "utf8" });
  for (const path of listed.trim().split("\n")) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    // A file that was deleted and not committed yet is still listed.
    await cp(join(projectRoot, path), join(folder, path)).catch(() => undefined);
  }
  await symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  return folder;
}

let folder: string;
beforeAll(async () => {
  folder = await cloneProject();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const answers = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([name, value]) => `  ${name.padEnd(12)}  ${value}\n`)
    .join("");
const steps = (keyName: string, { writes = true, secrets = ", ADMIN_KEY", url = "<the address>" } = {}) =>
  [
    ...(writes ? ["write wrangler.toml"] : []),
    "log in to Cloudflare, unless you are",
    "npm run deploy, unless this very version is deployed",
    `make the secrets that are missing: API_KEYS with a key named ${keyName}, REASONING_KEY${secrets}`,
    `npm run doctor -- ${url}`,
    "print the address, the keys, and how to call the Worker",
  ]
    .map((step, index) => `    ${index + 1}. ${step}\n`)
    .join("");

describe("setup --dry-run", () => {
  test("with nothing chosen changes nothing in wrangler.toml", async () => {
    const { code, output, errors } = await setUp(folder, { args: ["--dry-run"] });
    expect(errors).toBe("");
    expect(output).toBe(`
${answers({
  name: "responses-api",
  models: "@cf/openai/gpt-oss-20b",
  "/v1 answers": "native",
  "first key": "me",
  "admin key": "yes",
  "web search": "off",
  "rate limit": "off",
})}
  wrangler.toml says so already.

  Without --dry-run:
${steps("me", { writes: false })}
`);
    expect(code).toBe(0);
  });

  test("with a mode, a limit and no admin key shows the lines that change", async () => {
    const before = await readFile(join(folder, "wrangler.toml"), "utf8");
    const args = ["--dry-run", "--mode", "compat", "--rate-limit", "60", "--no-admin-key", "--key-name", "ci"];
    const { code, output } = await setUp(folder, { args });
    expect(output).toBe(`
${answers({
  name: "responses-api",
  models: "@cf/openai/gpt-oss-20b",
  "/v1 answers": "compat",
  "first key": "ci",
  "admin key": "no",
  "web search": "off",
  "rate limit": "60 requests a minute for each key",
})}
  wrangler.toml
  - # [vars]
  - # MODE = "compat"
  + [vars]
  + MODE = "compat"
  - # [[ratelimits]]
  - # name = "RATE_LIMITER"
  - # namespace_id = "1001"
  - # simple = { limit = 100, period = 60 }
  + [[ratelimits]]
  + name = "RATE_LIMITER"
  + namespace_id = "1001"
  + simple = { limit = 60, period = 60 }

  Without --dry-run:
${steps("ci", { secrets: "" })}
`);
    expect(code).toBe(0);
    expect(await readFile(join(folder, "wrangler.toml"), "utf8")).toBe(before);
  });

  test("with a name, models, a search and a domain, given to npm as its own flag", async () => {
    const args = ["--name", "team-api", "--models", "@cf/openai/gpt-oss-120b, @cf/openai/gpt-oss-20b"];
    args.push("--web-search", "cloudflare:exa", "--gateway", "team", "--url", "https://api.example/");
    const { code, output } = await setUp(folder, { args, env: { npm_config_dry_run: "true" } });
    expect(output).toBe(`
${answers({
  name: "team-api",
  models: "@cf/openai/gpt-oss-120b, @cf/openai/gpt-oss-20b",
  "/v1 answers": "native",
  "first key": "me",
  "admin key": "yes",
  "web search": "cloudflare:exa",
  "rate limit": "off",
})}
  wrangler.toml
  - name = "responses-api"
  + name = "team-api"
  - # [vars]
  + [vars]
  + AI_GATEWAY_ID = "team"
  + WEB_SEARCH = "cloudflare:exa"
  + MODELS = "@cf/openai/gpt-oss-120b,@cf/openai/gpt-oss-20b"

  Without --dry-run:
${steps("me", { url: "https://api.example" })}
`);
    expect(code).toBe(0);
  });
});

test.each([
  [["--mode", "fast"], "--mode: The mode is native or compat."],
  [["--name", "Über"], "--name: A name has letters a to z, digits and hyphens, 54 at most."],
  [["--key-name", "anonymous"], "--key-name: A key's name has letters, digits, and . _ -, 64 at most."],
  [["--rate-limit", "0"], "--rate-limit: The rate limit is off or a number of requests a minute."],
  [["--colour"], "Unknown option '--colour'"],
])("setup given %j says what is wrong and how it is asked", async (args, message) => {
  const { code, errors } = await setUp(folder, { args });
  expect(errors).toContain(message);
  expect(errors).toContain("Usage: npm run setup -- [flags]");
  expect(code).toBe(2);
});

test("setup without a login writes wrangler.toml and says what is left", async () => {
  const own = await cloneProject();
  try {
    const { code, output } = await setUp(own, { args: ["--yes", "--mode", "compat"] });
    expect(output).toContain(
      "  Not logged in to Cloudflare: nothing was deployed. What is left:\n\n    npx wrangler login",
    );
    expect(await readFile(join(own, "wrangler.toml"), "utf8")).toContain('\n[vars]\nMODE = "compat"\n\n[ai]\n');
    expect(code).toBe(1);
    const again = await setUp(own, { args: ["--yes", "--mode", "compat"] });
    expect(again.output).toContain("  wrangler.toml says so already.\n");
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}, 60_000);

/** What the doctor asks for: a text and a tool call. */
const response = {
  object: "response",
  status: "completed",
  output: [
    { type: "message", content: [{ type: "output_text", text: "Hello" }] },
    { type: "function_call", name: "get_weather", arguments: '{"city":"Prague"}' },
  ],
  usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12 },
};

/** Runs a program that setup has printed, indented, and returns what it prints. */
function runPrinted({ program, name, text }: { program: string; name: string; text: string }) {
  const path = join(folder, name);
  writeFileSync(path, text.replaceAll(/^ {2,4}/gm, ""));
  return new Promise<string>((resolve, reject) => {
    execFile(program, [path], { cwd: folder }, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  });
}

describe("setup of a fresh clone, in front of Cloudflare's API", () => {
  let upstream: ScriptedUpstream;
  let cloudflare: FakeCloudflare;
  let workerd: Workerd | undefined;
  beforeAll(async () => {
    upstream = await startScriptedUpstream(({ inputs }) => {
      const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
      const chat = { choices: [{ message: { content: "Hello" }, finish_reason: "stop" }], usage };
      return { body: JSON.stringify("messages" in Object(inputs) ? chat : response) };
    });
    cloudflare = await startFakeCloudflare(async (secrets) => {
      workerd ??= await startWorkerd({
        workers: [{ name: "deployed", modulePath: inject("bundlePath"), vars: secrets }],
        upstreamAddress: upstream.address,
      });
      return workerd.url();
    });
  });
  afterAll(async () => {
    await workerd?.stop();
    await cloudflare?.stop();
    await upstream?.stop();
  });

  test("deploys, makes keys that work, runs the doctor, and changes nothing when run again", async () => {
    const args = ["--yes", "--name", "team-api", "--url", cloudflare.url];
    const first = await setUp(folder, { args, env: cloudflare.env });
    const writes = () => cloudflare.calls.map(({ call }) => call).filter((call) => !call.startsWith("GET "));
    expect(first.errors).toContain("Deploying: done");
    expect(writes().filter((call) => /^(PUT|PATCH)/.test(call))).toEqual([
      "PUT /accounts/account-1/workers/scripts/team-api",
      "PATCH /accounts/account-1/workers/scripts/team-api/secrets-bulk",
    ]);
    expect(Object.keys(cloudflare.secrets).toSorted()).toEqual(["ADMIN_KEY", "API_KEYS", "REASONING_KEY"]);
    const { API_KEYS: apiKeys = "", ADMIN_KEY: adminKey = "" } = cloudflare.secrets;
    expect(apiKeys).toMatch(/^me:sk-[\w-]{43}$/);
    const key = apiKeys.slice("me:".length);
    expect(first.output).toContain(
      `  API key of me, shown this once:  ${key}\n  Admin key, shown this once:  ${adminKey}\n`,
    );
    expect(first.output).toMatch(/ok +key .* yours is let in, a wrong one is not\n/);
    expect(first.output).toContain(
      `    const client = new OpenAI({ baseURL: "${cloudflare.url}/openai/v1", apiKey: "${key}" });\n`,
    );
    // What the clients' tests have Codex run with.
    const codex = await readFile(join(projectRoot, "test/clients/snippets/codex-config.toml"), "utf8");
    const own = codex.replace(/base_url = ".*"/, `base_url = "${cloudflare.url}/openai/v1"`);
    expect(first.output).toContain(own.replaceAll(/^(?=.)/gm, "    "));
    expect(first.code).toBe(0);
    const [curl = ""] = /^ {2}curl (?:.*\\\n)*.*$/m.exec(first.output) ?? [];
    expect(await runPrinted({ program: "bash", name: "call.sh", text: curl })).toContain('"text":"Hello"');
    const [script = ""] = /^ {4}import OpenAI(?:.*\n)*? {4}console\.log.*$/m.exec(first.output) ?? [];
    const snippet = { program: process.execPath, name: "call.mjs", text: script };
    expect(await runPrinted(snippet)).toBe("Hello\n");

    cloudflare.calls.length = 0;
    const again = await setUp(folder, { args, env: cloudflare.env });
    expect(writes()).toEqual([]);
    expect(again.output).toContain("  wrangler.toml says so already.\n");
    expect(again.errors).toContain("Deploying: this version is deployed already");
    expect(again.output).not.toContain(key);
    expect(again.output).toContain(`Check with one of them: npm run doctor -- ${cloudflare.url} <key>`);
    expect(again.code).toBe(0);
  }, 120_000);
});

describe("what setup writes into wrangler.toml", () => {
  const text = `# The Worker.
name = "a" # Its name.

# Settings.
[vars]
MODE = 'native'  # Default.
MAX_BODY_BYTES = 1_000

# Why.
[ai]
binding = "AI"

[[ratelimits]]
name = "OTHER"
namespace_id = "1"
simple = { limit = 1, period = 10 }

[[ratelimits]]
name = "RATE_LIMITER"
namespace_id = "7" # Mine.
simple = { limit = 5, period = 10 }
`;

  test("keeps every comment, and all that it is not asked about", () => {
    const edited = editWrangler(text, { name: "b", vars: { MODE: "compat", MODELS: "m" }, rateLimit: 60 });
    expect(edited).toBe(
      text
        .replace('name = "a" # Its', 'name = "b" # Its')
        .replace("[vars]\nMODE = 'native'  #", '[vars]\nMODELS = "m"\nMODE = "compat"  #')
        .replace("limit = 5, period = 10", "limit = 60, period = 60"),
    );
  });

  test("takes a limit and a var out by a comment sign", () => {
    const edited = editWrangler(text, { name: "a", vars: { MODE: undefined }, rateLimit: undefined });
    expect(edited).toContain("[vars]\n# MODE = 'native'  # Default.\n");
    expect(edited).toContain('# [[ratelimits]]\n# name = "RATE_LIMITER"\n# namespace_id = "7" # Mine.\n# simple =');
    expect(edited).toContain('[[ratelimits]]\nname = "OTHER"\n');
  });

  test("makes the table where there is none, before the comment of the next", () => {
    const bare = 'name = "a"\n\n# Why.\n[ai]\nbinding = "AI"\n';
    expect(editWrangler(bare, { name: "a", vars: { MODE: "compat" }, rateLimit: undefined })).toBe(
      'name = "a"\n\n[vars]\nMODE = "compat"\n\n# Why.\n[ai]\nbinding = "AI"\n',
    );
  });

  test("is refused where the file is written in a way it can't change", () => {
    const inline = 'name = "a"\nvars = { MODE = "native" }\n';
    expect(() => editWrangler(inline, { name: "a", vars: { MODE: "compat" }, rateLimit: undefined })).toThrow(
      "wrangler.toml is written in a way that setup can't change. Edit it by hand: see docs/deploy.md.",
    );
  });
});
