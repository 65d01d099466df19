import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a command of wrangler came to. */
interface Outcome {
  code: number;
  stdout: string;
  /** Both streams, for a person. */
  output: string;
}

/** The wrangler that package.json names, in one folder. */
export class Wrangler {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async isLoggedIn(): Promise<boolean> {
    return (await this.#run(["whoami", "--json"])).code === 0;
  }

  /** Opens the browser, and shows what wrangler says. */
  async logIn(): Promise<boolean> {
    const child = spawn(process.execPath, [this.#program, "login"], { cwd: this.#folder, stdio: "inherit" });
    return new Promise((resolve) => child.on("exit", (code) => resolve(code === 0)));
  }

  /** Names of the secrets of the Worker that is deployed; none when none is. */
  async listSecrets(): Promise<string[]> {
    const { code, stdout } = await this.#run(["secret", "list", "--format", "json"]);
    if (code !== 0) return [];
    const secrets: unknown = JSON.parse(stdout.slice(stdout.indexOf("[")));
    return Array.isArray(secrets) ? secrets.map((secret: unknown) => String(Object(secret).name)) : [];
  }

  /** Puts secrets in one go. They go through a pipe: neither a file nor the list of processes shows them. */
  async putSecrets(secrets: Readonly<Record<string, string>>): Promise<void> {
    const outcome = await this.#run(["secret", "bulk"], { input: JSON.stringify(secrets) });
    if (outcome.code !== 0) throw new Error(`The secrets were not set:\n${outcome.output}`);
  }

  /** Ids of the versions that came from a deploy and not from a change of secrets, newest first. */
  async listDeployed(): Promise<string[]> {
    const { code, stdout } = await this.#run(["versions", "list", "--json"]);
    if (code !== 0) return [];
    const versions: unknown = JSON.parse(stdout.slice(stdout.indexOf("[")));
    if (!Array.isArray(versions)) return [];
    return versions
      .map((version: unknown) => Object(version))
      .filter(({ annotations }) => Object(annotations)["workers/triggered_by"] !== "secret")
      .toSorted((one, other) => Number(other.number) - Number(one.number))
      .map(({ id }) => String(id));
  }

  /** What `deploy` would upload, as one text. */
  async bundle(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "setup-"));
    try {
      const outcome = await this.#run(["deploy", "--dry-run", "--minify", "--outdir", folder]);
      if (outcome.code !== 0) throw new Error(`The Worker does not build:\n${outcome.output}`);
      return await readFile(join(folder, "index.js"), "utf8");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Deploys. Returns the addresses wrangler names and the version's id. */
  async deploy(): Promise<{ urls: string[]; version: string }> {
    const folder = await mkdtemp(join(tmpdir(), "setup-"));
    const path = join(folder, "output.ndjson");
    try {
      const outcome = await this.#run(["deploy", "--minify"], { env: { WRANGLER_OUTPUT_FILE_PATH: path } });
      if (outcome.code !== 0) throw new Error(`The Worker was not deployed:\n${outcome.output}`);
      const lines = (await readFile(path, "utf8")).trim().split("\n");
      const entry = lines.map((line) => Object(JSON.parse(line))).find(({ type }) => type === "deploy");
      const urls: unknown[] = Array.isArray(entry?.targets) ? entry.targets : [];
      return { urls: urls.map(String).filter((url) => url.startsWith("https://")), version: String(entry?.version_id) };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  get #program(): string {
    return join(this.#folder, "node_modules/wrangler/bin/wrangler.js");
  }

  #run(args: readonly string[], { input = "", env = {} }: { input?: string; env?: object } = {}): Promise<Outcome> {
    const child = spawn(process.execPath, [this.#program, ...args], {
      cwd: this.#folder,
      // CI: wrangler asks nothing. It would wait for an answer that nobody can give.
      env: { ...process.env, CI: "1", NO_COLOR: "1", WRANGLER_SEND_METRICS: "false", ...env },
    });
    child.stdin.end(input);
    let [stdout, output] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? 1, stdout, output }));
    });
  }
}
