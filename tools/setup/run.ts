/** `npm run setup`: from a fresh clone to a deployed Worker with keys. Exit code 0: done, 1: something is left, 2: asked wrongly. */
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startProgress } from "../progress.ts";
import { type Answers, type Flags, readDefaults, readFlags, usage } from "./answers.ts";
import { ask } from "./ask.ts";
import { deployIfChanged } from "./deploy.ts";
import { editWrangler } from "./edit-wrangler.ts";
import { listMissing, makeSecrets } from "./make-secrets.ts";
import { renderAnswers, renderChange, renderUse } from "./render.ts";
import { Wrangler } from "./wrangler.ts";

const folder = process.cwd();
const configPath = join(folder, "wrangler.toml");

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function setUp(flags: Flags): Promise<number> {
  const before = await readFile(configPath, "utf8");
  const defaults = readDefaults(before);
  const isUnattended = flags.unattended || flags.dryRun || !process.stdin.isTTY;
  const answers = isUnattended ? { ...defaults, ...flags.answers } : await ask(flags.answers, defaults);
  const after = editWrangler(before, {
    name: answers.name,
    rateLimit: answers.rateLimit,
    vars: chooseVars(answers, defaults),
  });
  say(`\n${renderAnswers(answers)}\n`);
  say(before === after ? "  wrangler.toml says so already.\n" : `  wrangler.toml\n${renderChange(before, after)}\n`);
  if (flags.dryRun) return describe(answers, { flags, writes: before !== after });
  if (before !== after) await writeFile(configPath, after);
  return flags.deploy ? deploy(answers, { flags, isUnattended }) : 0;
}

/** Vars are set where they differ from what holds now: a default that nobody changed stays unwritten. */
function chooseVars(answers: Answers, defaults: Answers): Record<string, string | undefined> {
  const models = answers.models.join(",");
  return {
    ...(models !== defaults.models.join(",") && { MODELS: models }),
    ...(answers.mode !== defaults.mode && { MODE: answers.mode }),
    ...(answers.webSearch !== defaults.webSearch && { WEB_SEARCH: answers.webSearch }),
    ...(answers.gateway !== defaults.gateway && { AI_GATEWAY_ID: answers.gateway }),
  };
}

/** What a run without `--dry-run` would do after that. */
function describe({ keyName, adminKey }: Answers, { flags, writes }: { flags: Flags; writes: boolean }): number {
  const secrets = `API_KEYS with a key named ${keyName}, REASONING_KEY${adminKey ? ", ADMIN_KEY" : ""}`;
  const steps = [
    ...(writes ? ["write wrangler.toml"] : []),
    ...(flags.deploy
      ? [
          "log in to Cloudflare, unless you are",
          "npm run deploy, unless this very version is deployed",
          `make the secrets that are missing: ${secrets}`,
          `npm run doctor -- ${flags.url ?? "<the address>"}`,
          "print the address, the keys, and how to call the Worker",
        ]
      : []),
  ];
  say(["  Without --dry-run:", ...steps.map((step, at) => `    ${at + 1}. ${step}`), ""].join("\n"));
  return 0;
}

async function deploy(
  answers: Answers,
  { flags, isUnattended }: { flags: Flags; isUnattended: boolean },
): Promise<number> {
  const wrangler = new Wrangler(folder);
  if (!(await wrangler.isLoggedIn()) && (isUnattended || !(await wrangler.logIn()))) {
    say(`  Not logged in to Cloudflare: nothing was deployed. What is left:

    npx wrangler login          or set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID
    npm run setup -- --yes
`);
    return 1;
  }
  const building = startProgress("  Deploying");
  const { url: deployedUrl, isNew } = await deployIfChanged(wrangler, { folder, name: answers.name });
  building.end(isNew ? "done" : "this version is deployed already");
  const url = flags.url ?? deployedUrl;

  const existing = await wrangler.listSecrets();
  const secrets = makeSecrets(answers, { existing, env: process.env });
  if (Object.keys(secrets).length > 0) await wrangler.putSecrets(secrets);
  const missing = listMissing(answers, [...existing, ...Object.keys(secrets)]);

  const key = secrets["API_KEYS"]?.slice(answers.keyName.length + 1) ?? process.env["API_KEY"];
  const findings = key === undefined ? undefined : await runDoctor(url, key);
  showSecrets(secrets, answers.keyName);
  say(renderUse({ url, key: key ?? "<your key>", model: answers.models[0] ?? "" }));
  if (key === undefined) say(`  The keys were there already. Check with one of them: npm run doctor -- ${url} <key>\n`);
  for (const name of missing) say(`  Left to do: npx wrangler secret put ${name}\n`);
  return findings === 1 || missing.length > 0 ? 1 : 0;
}

/** Secrets are shown once: Cloudflare does not tell them again. */
function showSecrets(secrets: Readonly<Record<string, string>>, keyName: string): void {
  const { API_KEYS: apiKeys, ADMIN_KEY: adminKey } = secrets;
  if (apiKeys !== undefined) say(`  API key of ${keyName}, shown this once:  ${apiKeys.slice(keyName.length + 1)}`);
  if (adminKey !== undefined) say(`  Admin key, shown this once:  ${adminKey}`);
  if (apiKeys !== undefined || adminKey !== undefined) say("");
}

/** The key goes through the environment: the list of processes shows arguments. */
function runDoctor(url: string, key: string): Promise<number> {
  const program = join(import.meta.dirname, "../doctor/run.ts");
  const child = spawn(process.execPath, [program, url], { stdio: "inherit", env: { ...process.env, API_KEY: key } });
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
}

let flags: Flags | undefined;
try {
  flags = readFlags(process.argv.slice(2), process.env);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
if (flags?.help === true) {
  say(usage);
} else if (flags !== undefined) {
  try {
    process.exitCode = await setUp(flags);
  } catch (error) {
    process.stderr.write(`\n  ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
