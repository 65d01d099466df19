import { mkdtemp, rm } from "node:fs/promises";
import { registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { startScriptedUpstream } from "../../support/scripted-upstream.ts";
import { type Workerd, startWorkerd } from "../../support/start-workerd.ts";
import { stateObjects } from "../../support/state-objects.ts";
import { bundlePathVariable } from "./bundle-path.ts";
import { startToolsWorld } from "./tools-scene.ts";

/** What the snippets are written for, as the README prints them. */
const snippetHost = "https://responses-api.your-subdomain.workers.dev";
const snippetKey = "3f9c2e7a51b84d06";

/** The key of the Worker that is called: the one in the README is refused by every Worker. */
export const worldKey = "1c5a9e3b7d2f4806";

export interface World {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string;
  upstream: ScriptedUpstream;
  /** How many responses were asked for over each transport, by the Worker's log. */
  countTurns(): Record<"http" | "websocket", number>;
  stop(): Promise<void>;
}

/** A status that no client tries again. */
const unscripted = { status: 400, body: "nothing was scripted for this call" };

/**
 * Starts the bundled Worker in a real workerd, with Cloudflare's own AI binding in front of a scripted
 * upstream. From then on a file of snippets/ that is imported calls this Worker where it names the deployed one.
 * `hasTools`: it searches the web and calls an MCP server, as `tools-scene.ts` has them.
 */
export async function startWorld({ hasTools = false } = {}): Promise<World> {
  const bundlePath = process.env[bundlePathVariable];
  if (bundlePath === undefined) throw new Error("run the clients with `npm run test:clients`");
  const upstream = await startScriptedUpstream(unscripted);
  const storage = await mkdtemp(join(tmpdir(), "clients-storage-"));
  const toolsWorld = hasTools ? await startToolsWorld() : undefined;
  const workerd: Workerd = await startWorkerd({
    workers: [
      {
        name: "worker",
        modulePath: bundlePath,
        vars: {
          API_KEYS: `alice:${worldKey}`,
          REASONING_KEY: "seals-reasoning-between-two-turns",
          ...toolsWorld?.settings,
        },
        services: toolsWorld === undefined ? [] : [{ binding: "WEB", service: "web" }],
        durableObjects: [...stateObjects, { binding: "USAGE", className: "UsageCounter" }],
      },
    ],
    servers: toolsWorld === undefined ? [] : [{ name: "web", address: toolsWorld.webAddress }],
    upstreamAddress: upstream.address,
    storagePath: storage,
  });
  pointSnippetsAt(workerd.url());
  return {
    url: workerd.url(),
    upstream,
    countTurns: () => countTurns(workerd.output()),
    async stop() {
      await workerd.stop();
      await upstream.stop();
      await toolsWorld?.stop();
      await rm(storage, { recursive: true, force: true });
    },
  };
}

function countTurns(log: string) {
  const lines = log.split("\n").filter((line) => line.startsWith('{"event":"request"'));
  const count = (start: string) => lines.filter((line) => line.includes(start)).length;
  return {
    http: count('"method":"POST","transport":"http","route":"/openai/v1/responses"'),
    websocket: count('"method":"response.create","transport":"websocket","route":"/openai/v1/responses"'),
  };
}

/** A snippet's text with the Worker's address and a key of it in place of the samples. */
export function fillSnippet(text: string, url: string): string {
  return text.replaceAll(snippetHost, url).replaceAll(snippetKey, worldKey);
}

function pointSnippetsAt(url: string): void {
  registerHooks({
    load(moduleUrl, context, nextLoad) {
      const loaded = nextLoad(moduleUrl, context);
      if (!moduleUrl.includes("/test/clients/snippets/") || loaded.source === undefined) return loaded;
      const source =
        typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
      return { ...loaded, source: fillSnippet(source, url) };
    },
  });
}
