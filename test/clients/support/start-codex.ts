import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fillSnippet, worldKey, type World } from "./start-world.ts";

/** One line of JSON that Codex prints. */
export type CodexEvent = Record<string, unknown>;

export interface CodexHome {
  /** The directory Codex works in. */
  directory: string;
  /** Runs `codex` to its end; the signal interrupts it as Ctrl-C does. */
  run(commandLine: string[], signal?: AbortSignal): Promise<{ exitCode: number | null; events: CodexEvent[] }>;
  /** Starts `codex app-server`, which is what its editor extensions talk to. */
  startServer(): CodexServer;
  /** Ends what still runs, and leaves nothing on disk. */
  remove(): Promise<void>;
}

export interface CodexServer {
  call(method: string, params: object): Promise<CodexEvent>;
  /** What the server says by itself, in order, until it ends. */
  notifications(): AsyncGenerator<CodexEvent>;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL("../node_modules/.bin/codex", import.meta.url));

/** Lays out a home of Codex's own as the docs say, config.toml and catalogue, and a directory to work in. */
export async function createCodexHome({ url }: World): Promise<CodexHome> {
  const home = await mkdtemp(join(tmpdir(), "codex-home-"));
  const directory = await mkdtemp(join(tmpdir(), "codex-work-"));
  const config = await readFile(new URL("../snippets/codex-config.toml", import.meta.url), "utf8");
  const codexHome = join(home, ".codex");
  await mkdir(codexHome);
  await writeFile(join(codexHome, "config.toml"), fillSnippet(config, url));

  const catalogue = await readFile(new URL("../snippets/codex-catalogue.sh", import.meta.url), "utf8");
  await promisify(execFile)("sh", ["-c", fillSnippet(catalogue, url)], {
    env: { PATH: process.env["PATH"], HOME: home, RESPONSES_API_KEY: worldKey },
  });

  const running = new Set<ChildProcess>();
  const start = (commandLine: string[]): ChildProcess & { stdin: Writable; stdout: Readable } => {
    const child = spawn(program, commandLine, {
      cwd: directory,
      env: { PATH: process.env["PATH"], HOME: home, CODEX_HOME: codexHome, RESPONSES_API_KEY: worldKey },
      stdio: ["pipe", "pipe", "ignore"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    return child;
  };

  return {
    directory,
    async run(commandLine, signal) {
      const child = start(commandLine);
      child.stdin.end();
      const exited = once(child, "exit");
      signal?.addEventListener("abort", () => child.kill("SIGINT"), { once: true });
      const events = await Array.fromAsync(readLines(child.stdout));
      const [exitCode] = (await exited) as [number | null];
      return { exitCode, events };
    },
    startServer: () => serve(start(["app-server"])),
    async remove() {
      // A case that failed may have left its own running.
      for (const child of running) child.kill("SIGKILL");
      await rm(home, { recursive: true, force: true });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function* readLines(stdout: Readable): AsyncGenerator<CodexEvent> {
  for await (const line of createInterface({ input: stdout })) yield JSON.parse(line) as CodexEvent;
}

/** JSON-RPC, one message a line. */
function serve(child: ChildProcess & { stdin: Writable; stdout: Readable }): CodexServer {
  const lines = readLines(child.stdout);
  const earlier: CodexEvent[] = [];
  let lastId = 0;
  return {
    async call(method, params) {
      lastId += 1;
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: lastId, method, params })}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`codex app-server ended before it answered ${method}`);
        if (value["id"] !== lastId) earlier.push(value);
        else if (value["result"] === undefined) throw new Error(`${method}: ${JSON.stringify(value["error"])}`);
        else return value["result"] as CodexEvent;
      }
    },
    async *notifications() {
      while (earlier.length > 0) yield earlier.shift() ?? {};
      yield* lines;
    },
    async stop() {
      const exited = once(child, "exit");
      child.stdin.end();
      await exited;
    },
  };
}
