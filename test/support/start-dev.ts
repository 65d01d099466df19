import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { projectRoot, wranglerPath } from "./project-paths.ts";

export interface DevServer {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string;
  port: number;
  /** All that wrangler and the Worker have written. */
  output(): string;
  /** Ends wrangler and what it started, and removes its storage. */
  stop(): Promise<void>;
}

const readyLine = /Ready on http:\/\/127\.0\.0\.1:(\d+)/;

/**
 * Starts the local model as `npm run dev` does, on a free port and with storage of its own, and resolves when it
 * answers (some seconds). Throws wrangler's own words when it ends or can't build, or is not ready after `timeoutMs`.
 */
export async function startDev({
  configPath = "dev/wrangler.toml",
  vars = {},
  args = [],
  timeoutMs = 30_000,
}: {
  configPath?: string;
  /** Settings for this run, over those of the config. */
  vars?: Record<string, string>;
  /** More of wrangler's own arguments. */
  args?: string[];
  timeoutMs?: number;
} = {}): Promise<DevServer> {
  const storage = await mkdtemp(join(tmpdir(), "wrangler-dev-"));
  const settings = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const place = ["--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0", "--persist-to", storage];
  const child = spawn(wranglerPath, ["dev", "-c", configPath, ...place, ...settings, ...args], {
    cwd: projectRoot,
    // A process group of its own: wrangler runs Node, which runs workerd, and all have to end together.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" },
  });
  const exited = once(child, "exit");
  const killGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // The group has ended already.
    }
  };
  const killWithParent = (): void => killGroup("SIGKILL");
  process.once("exit", killWithParent);

  const stop = async (): Promise<void> => {
    process.off("exit", killWithParent);
    killGroup("SIGTERM");
    await Promise.race([exited, sleep(3000)]);
    killGroup("SIGKILL");
    await exited;
    await rm(storage, { recursive: true, force: true });
  };

  let output = "";
  const ready = new Promise<number | undefined>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        const port = readyLine.exec(output)?.[1];
        if (port !== undefined) resolve(Number(port));
        // wrangler would wait for the next change of a file.
        if (output.includes("Build failed")) resolve(undefined);
      });
    }
  });
  const port = await Promise.race([ready, exited.then(() => undefined), sleep(timeoutMs, undefined, { ref: false })]);
  if (port === undefined) {
    await stop();
    throw new Error(`wrangler dev is not ready:\n${output}`);
  }
  return { url: `http://127.0.0.1:${port}`, port, output: () => output, stop };
}
