/**
 * `npm run bench:peers`: this Worker beside Portkey's gateway, the one such gateway that installs from npm. Both pass on
 * `POST /v1/responses`, to one upstream over HTTP on this machine, under the same load. Each is a process of its own, and
 * the upstream is a third, so that CPU is the gateway's alone. Prints a table and writes it to PEERS.md.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildBundle } from "../../test/support/build-bundle.ts";
import { startWorkerd } from "../../test/support/start-workerd.ts";
import { type BenchCase, benchModels, smallCase, streamCase } from "./cases.ts";
import { benchHeaders, benchKey, compare, type Comparison, type Target, targetOf } from "./compare.ts";
import { describeMachine } from "./describe-machine.ts";
import { writeCharts } from "./draw-charts.ts";
import { renderComparisons } from "./render-results.ts";

const rounds = 7;
const seconds = 1.5;
const here = fileURLToPath(new URL(".", import.meta.url));
const folder = join(here, "peers");
const peer = join(folder, "node_modules/@portkey-ai/gateway");

/** A gateway that listens, and how to end it. */
interface Gateway {
  port: number;
  processId: number;
  stop(): Promise<void>;
}

/** @throws {Error} when it ends or is silent for ten seconds */
async function startPortkey(): Promise<Gateway> {
  const port = await findPort();
  const child = spawn(
    process.execPath,
    [
      "--import",
      join(folder, "mutable-headers.js"),
      join(peer, "build/start-server.js"),
      `--port=${port}`,
      "--headless",
    ],
    { stdio: "ignore", env: { ...process.env, NODE_ENV: "production" } },
  );
  const exited = once(child, "exit");
  const killWithParent = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithParent);
  const stop = async (): Promise<void> => {
    process.off("exit", killWithParent);
    child.kill("SIGKILL");
    await exited;
  };
  for (let tries = 0; tries < 100 && child.exitCode === null; tries += 1) {
    const listens = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (listens && child.pid !== undefined) return { port, processId: child.pid, stop };
    await sleep(100);
  }
  await stop();
  throw new Error("it does not listen");
}

/** A port that is free now: the gateway takes a number, not "any". */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** Its provider for Workers AI has no Responses route: asked for one it answers 500. OpenAI's, with a host of one's own, has. */
function portkeyTarget({ port, processId }: Gateway, upstreamUrl: string, { model }: BenchCase): Target {
  return {
    url: `http://127.0.0.1:${port}/v1/responses`,
    processId,
    headers: {
      ...benchHeaders,
      "x-portkey-provider": "openai",
      "x-portkey-custom-host": `${upstreamUrl}/v1`,
      // By this the upstream knows what to answer; Cloudflare's binding sends it of itself.
      "cf-consn-model-id": model,
      "x-portkey-forward-headers": "cf-consn-model-id",
    },
  };
}

/** Throws unless the answer is a whole one: a load of quick failures would look like speed. */
async function checkAnswer({ url, headers = benchHeaders }: Target, { body, name }: BenchCase): Promise<void> {
  const answer = await fetch(url, { method: "POST", headers, body });
  const text = await answer.text();
  const whole = body.includes('"stream":true')
    ? text.split("\n\n").length === 501 && text.includes("event: response.completed\n")
    : text.includes('"status":"completed"');
  if (answer.status !== 200 || !whole) throw new Error(`${url}, ${name}: ${answer.status} ${text.slice(0, 200)}`);
}

async function compareWith(portkey: Gateway): Promise<Comparison[]> {
  const { directory, entryPath } = await buildBundle();
  const upstream = await startWorkerd({
    workers: [{ name: "upstream", modulePath: join(here, "upstream-worker.js") }],
    upstreamWorker: "upstream",
  });
  const workerd = await startWorkerd({
    workers: [
      {
        name: "native",
        modulePath: entryPath,
        vars: { API_KEYS: `bench:${benchKey}`, MODELS: benchModels.join(",") },
      },
    ],
    upstreamAddress: `127.0.0.1:${upstream.port()}`,
  });
  try {
    const measured = targetOf(workerd, "native");
    const comparisons: Comparison[] = [];
    for (const benchCase of [smallCase, streamCase]) {
      const baseline = portkeyTarget(portkey, upstream.url(), benchCase);
      for (const target of [baseline, measured]) await checkAnswer(target, benchCase);
      comparisons.push(await compare({ benchCase, baseline, measured, rounds, seconds }));
    }
    return comparisons;
  } finally {
    await workerd.stop();
    await upstream.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function renderPage(version: string, table: string): string {
  return `# Beside a peer

Written by \`npm run bench:peers\`.

${describeMachine()}

Portkey's gateway (\`@portkey-ai/gateway\` ${version} from npm, which runs in Node) beside this Worker (native mode, in
workerd). Both answer \`POST /v1/responses\` by passing it on to one upstream, which is a process of its own and answers at
once, over HTTP on 127.0.0.1; both run with their default settings. This Worker checks a key, validates the request and
writes a line of log for each; Portkey calls its \`openai\` provider with the upstream as custom host.

Each cell with an arrow is Portkey's figure, then this Worker's, medians of ${rounds} alternating rounds of ${seconds} s. CPU is that of the
gateway's process alone. A ratio is throughput to throughput within one round; beside its median stand the lowest and the
highest round.

${table}

What to know of these figures:

- Before a real model, which takes seconds, neither gateway's share would be noticed.
- The load, the upstream and the gateway share the machine's cores. Where these are few, a stream's throughput is theirs
  together: CPU is what the gateway itself costs.
- Portkey's provider for Workers AI has no Responses route (it answers 500, \`createModelResponse is not supported by
  workers-ai\`): only the passing on of the Responses API can be compared, not compat mode.
- As installed, ${version} answers every stream under Node with a 500; \`tools/bench/peers/mutable-headers.js\` works around it.
- Portkey waits 25 ms before the first event of each stream, by a timer in its code. It also runs on Cloudflare Workers; npm has only the
  build for Node.
- The other well-known gateways are no npm packages and were not measured.
`;
}

function explain(what: string, error: unknown): void {
  const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
  console.error(`Portkey's gateway ${what}: ${line}`);
  process.exitCode = 1;
}

const run = promisify(execFile);
const installed = await run("npm", ["ci", "--ignore-scripts", "--prefix", folder], { timeout: 60_000 }).catch(
  (error: unknown) => explain("can't be installed", error),
);
const portkey = installed && (await startPortkey().catch((error: unknown) => explain("doesn't start", error)));
if (portkey) {
  try {
    const { stdout } = await run(process.execPath, [
      "-p",
      `require(${JSON.stringify(join(peer, "package.json"))}).version`,
    ]);
    const table = renderComparisons(await compareWith(portkey));
    console.log(table);
    await writeFile(join(here, "PEERS.md"), renderPage(stdout.trim(), table));
    await writeCharts();
  } finally {
    await portkey.stop();
  }
}
