import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** One line of JSON that the program prints. */
export type ProgramEvent = Record<string, unknown>;

export interface Run {
  exitCode: number | null;
  output: string;
  /** Those lines of the output that are a JSON object. */
  events: ProgramEvent[];
  stderr: string;
}

export interface RunOptions {
  /** On top of those the program always gets. */
  env?: Record<string, string>;
  /** Kills the program. */
  signal?: AbortSignal;
  /** Called with each line of JSON as it comes. */
  onEvent?: (event: ProgramEvent) => void;
}

export interface Program {
  /** The program's home directory. */
  home: string;
  /** The directory it works in. */
  directory: string;
  /** Runs it to its end. */
  run(commandLine: string[], options?: RunOptions): Promise<Run>;
  /** Ends what still runs, and leaves nothing on disk. */
  remove(): Promise<void>;
}

/**
 * The path of a program that is installed for one platform only: the packages of the others are not where ours come from,
 * so that the lockfile can't hold their hashes. Elsewhere says so and ends the file.
 */
export function requireProgram(path: string): string {
  const found = fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
  if (existsSync(found)) return found;
  console.log(`${path} is not run: it is installed on Linux with an x64 processor only.`);
  process.exit(0);
}

/** Lays out a home and a working directory for one of the installed command line programs. */
export async function createProgram(path: string, env: Record<string, string> = {}): Promise<Program> {
  const root = await mkdtemp(join(tmpdir(), `${basename(path)}-`));
  const [home, directory] = [join(root, "home"), join(root, "work")];
  await mkdir(home);
  await mkdir(directory);
  const running = new Set<ChildProcess>();

  return {
    home,
    directory,
    async run(commandLine, { env: more = {}, signal, onEvent } = {}) {
      const child = spawn(path, commandLine, {
        cwd: directory,
        env: { PATH: process.env["PATH"], HOME: home, ...env, ...more },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true, // A group of its own: launchers start the program proper as a child.
      });
      running.add(child);
      const exited = once(child, "exit");
      signal?.addEventListener("abort", () => killGroup(child), { once: true });
      const stderr = text(child.stderr);
      const events: ProgramEvent[] = [];
      let output = "";
      for await (const line of createInterface({ input: child.stdout })) {
        output += `${line}\n`;
        if (!line.startsWith("{")) continue;
        const event = JSON.parse(line) as ProgramEvent;
        events.push(event);
        onEvent?.(event);
      }
      const [exitCode] = (await exited) as [number | null];
      running.delete(child);
      return { exitCode, output, events, stderr: await stderr };
    },
    async remove() {
      for (const child of running) killGroup(child);
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Kills the program and all that it started. */
function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, "SIGKILL");
}
