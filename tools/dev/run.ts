/** `npm run dev`: the Worker on this machine. `--real` asks a real model on it; what else is given goes to wrangler. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startProgress } from "../progress.ts";
import { findModels, type FoundModel } from "./find-models.ts";
import { renderLine } from "./render-line.ts";

const wrangler = join(import.meta.dirname, "../../node_modules/wrangler/bin/wrangler.js");
const readyLine = /Ready on (http:\/\/\S+)/;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The settings that send the stand-in's calls on to a real model. */
function renderVars({ url, model }: FoundModel): string[] {
  return ["--var", `LOCAL_UPSTREAM:${url}`, "--var", `LOCAL_UPSTREAM_MODEL:${model}`];
}

/** Runs wrangler until it ends. Its words are shown from the moment it is ready, and all of them if it never is. */
function start(args: readonly string[], { found, isReal }: { found: FoundModel | undefined; isReal: boolean }): void {
  const child = spawn(process.execPath, [wrangler, "dev", "-c", "dev/wrangler.toml", ...args], {
    stdio: ["inherit", "pipe", "pipe"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
  });
  const starting = startProgress("  Starting");
  const before: string[] = [];
  let isReady = false;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      const url = readyLine.exec(line)?.[1];
      if (isReady) show(line);
      else if (url === undefined) before.push(line);
      else {
        isReady = true;
        starting.end("ready");
        showAddress(url, { found, isReal });
      }
    });
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  child.on("close", (code) => {
    if (!isReady) for (const line of before) show(line);
    process.exitCode = code ?? 1;
  });
}

function show(line: string): void {
  const rendered = renderLine(line);
  if (rendered !== undefined) say(rendered);
}

/** The address comes last: what a person looks for is at the end of the screen. */
function showAddress(url: string, { found, isReal }: { found: FoundModel | undefined; isReal: boolean }): void {
  const model = found === undefined ? "" : `${found.model} of ${found.program} at ${found.url}`;
  if (found !== undefined)
    say(isReal ? `\n  Model     ${model}` : `\n  Found ${model}. To use it: npm run dev -- --real`);
  if (!isReal) say(`${found === undefined ? "\n" : ""}  Model     the local stand-in: no account, no network, no key`);
  say(`  Base URL  ${url}/openai/v1\n  Console   ${url}\n`);
}

const given = process.argv.slice(2);
const isReal = given.includes("--real");
const [found] = await findModels();
if (isReal && found === undefined) {
  process.stderr.write(`No server with gpt-oss answers on this machine. Start one, such as:

  ollama run gpt-oss:20b

Ollama is looked for on port 11434, LM Studio on 1234, llama.cpp on 8080. For another address:
  npm run dev -- --var LOCAL_UPSTREAM:http://127.0.0.1:8000/v1 --var LOCAL_UPSTREAM_MODEL:openai/gpt-oss-20b
`);
  process.exitCode = 1;
} else {
  const own = given.filter((arg) => arg !== "--real");
  start(isReal && found !== undefined ? [...renderVars(found), ...own] : own, { found, isReal });
}
