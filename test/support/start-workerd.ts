import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { workerdPath } from "./project-paths.ts";
import { readCompatibility, renderConfig, type WorkerdLayout } from "./workerd-config.ts";

export interface Workerd {
  processId: number;
  /** The port of a Worker's socket on 127.0.0.1; of the first Worker when none is named. */
  port(worker?: string): number;
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url(worker?: string): string;
  /** All that the process has written to stdout and stderr. */
  output(): string;
  /** Ends exactly this process and removes its configuration. Storage stays. */
  stop(): Promise<void>;
}

/**
 * Starts a real workerd with the given Workers and Cloudflare's real AI binding code, and resolves when all sockets
 * accept. Throws with the process's own words when the configuration or a module is wrong.
 */
export async function startWorkerd(layout: WorkerdLayout): Promise<Workerd> {
  const directory = await mkdtemp(join(tmpdir(), "workerd-"));
  const configPath = join(directory, "config.capnp");
  await writeFile(configPath, renderConfig(layout, await readCompatibility()));
  for (const worker of layout.workers) await copyFile(worker.modulePath, join(directory, `${worker.name}.js`));
  if (layout.storagePath !== undefined) await mkdir(layout.storagePath, { recursive: true });

  // `--experimental` is what storage on disk needs; it turns on no compatibility flag.
  const child = spawn(workerdPath, ["serve", "--experimental", "--control-fd=3", configPath], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const killWithParent = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithParent);

  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  }

  const stop = async (): Promise<void> => {
    process.off("exit", killWithParent);
    child.kill("SIGKILL");
    await exited;
    await rm(directory, { recursive: true, force: true });
  };

  const control = child.stdio[3];
  if (!(control instanceof Readable) || child.pid === undefined) throw new Error("workerd did not start");
  const ports = await Promise.race([readPorts(control, layout.workers.length), exited.then(() => undefined)]);
  if (ports === undefined) {
    await stop();
    throw new Error(`workerd ended at once:\n${output}`);
  }

  const port = (worker = layout.workers[0]?.name ?? ""): number => {
    const found = ports.get(worker);
    if (found === undefined) throw new Error(`no Worker named ${worker}`);
    return found;
  };
  return {
    processId: child.pid,
    port,
    url: (worker) => `http://127.0.0.1:${port(worker)}`,
    output: () => output,
    stop,
  };
}

/** Reads workerd's control messages, one JSON a line, until `count` sockets listen: socket name → port. */
async function readPorts(control: Readable, count: number): Promise<Map<string, number> | undefined> {
  const ports = new Map<string, number>();
  let pending = "";
  for await (const chunk of control.iterator({ destroyOnReturn: false })) {
    const lines = (pending + String(chunk)).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) {
      const message: unknown = JSON.parse(line);
      if (isListenMessage(message)) ports.set(message.socket, message.port);
    }
    if (ports.size === count) {
      control.resume();
      return ports;
    }
  }
  return undefined;
}

function isListenMessage(value: unknown): value is { event: "listen"; socket: string; port: number } {
  return typeof value === "object" && value !== null && "event" in value && value.event === "listen";
}
