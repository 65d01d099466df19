import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "./project-paths.ts";

/** One Worker inside the process. Each gets a socket of its own on a free port of 127.0.0.1. */
export interface WorkerSource {
  name: string;
  /** Path of the one ES module that is the Worker. */
  modulePath: string;
  /** Text bindings: settings and secrets. */
  vars?: Record<string, string>;
  /** Leaves the AI binding out. */
  withoutAi?: true;
  /** Bindings to other Workers of the list, by RPC or fetch: a stand-in for a rate limiter or a metrics data set. */
  services?: { binding: string; service: string; entrypoint?: string }[];
  /** Analytics Engine data sets: each data point goes to the other Worker as the JSON body of a request. */
  dataSets?: { binding: string; service: string }[];
  /** Where all that it fetches goes, as plain HTTP, whatever host and scheme it names: `127.0.0.1:<port>`. */
  outboundAddress?: string;
  /** Classes the module exports, with SQLite storage; with `worker`, those that another Worker of the list holds. */
  durableObjects?: { binding: string; className: string; worker?: string }[];
}

/** An HTTP server outside of the process, to bind as a service: it gets each request with the `Host` that was asked. */
export interface ServerSource {
  name: string;
  /** `127.0.0.1:<port>` */
  address: string;
}

export type WorkerdLayout = {
  workers: WorkerSource[];
  servers?: ServerSource[];
  /** Directory for Durable Object storage; without it, storage lasts as long as the process. */
  storagePath?: string;
  /** Largest JavaScript heap of each Worker, in MiB; as large as V8 likes when left out. */
  maxHeapMib?: number;
} & Upstream;

/** What stands on the other side of the AI binding: `127.0.0.1:<port>`, or one of the Workers by its name. */
type Upstream = { upstreamAddress: string } | { upstreamWorker: string };

interface Compatibility {
  date: string;
  flags: string[];
}

/** Reads `compatibility_date` and `compatibility_flags` of the root wrangler.toml, so that tests run what is deployed. */
export async function readCompatibility(): Promise<Compatibility> {
  const text = await readFile(join(projectRoot, "wrangler.toml"), "utf8");
  const date = /^compatibility_date\s*=\s*"([\d-]+)"/m.exec(text)?.[1];
  const flags = /^compatibility_flags\s*=\s*\[([^\]]*)\]/m.exec(text)?.[1];
  if (date === undefined || flags === undefined) {
    throw new Error("wrangler.toml has no compatibility_date or no compatibility_flags on a line of its own");
  }
  return { date, flags: [...flags.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "") };
}

/** Quotes a text for Cap'n Proto, whose escapes are C's: it knows `\x1b` but not JSON's `\u001b`. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(/\\u00([0-9a-f]{2})/g, String.raw`\x$1`);
}

function list(entries: string[]): string {
  return entries.length === 0 ? "[]" : `[\n    ${entries.join(",\n    ")}\n  ]`;
}

/** Cloudflare's own AI binding code, which is part of workerd, in front of the stand-in for Workers AI. */
function renderAiBinding(upstream: string): string {
  return `(name = "AI", wrapped = (moduleName = "cloudflare-internal:ai-api", innerBindings = [(name = "fetcher", service = ${quote(upstream)})]))`;
}

function renderBindings(worker: WorkerSource, upstream: string): string {
  return list([
    ...(worker.withoutAi === true ? [] : [renderAiBinding(upstream)]),
    ...Object.entries(worker.vars ?? {}).map(([name, text]) => `(name = ${quote(name)}, text = ${quote(text)})`),
    ...(worker.services ?? []).map(
      ({ binding, service, entrypoint }) =>
        `(name = ${quote(binding)}, service = (name = ${quote(service)}${entrypoint === undefined ? "" : `, entrypoint = ${quote(entrypoint)}`}))`,
    ),
    ...(worker.dataSets ?? []).map(
      ({ binding, service }) => `(name = ${quote(binding)}, analyticsEngine = ${quote(service)})`,
    ),
    ...(worker.durableObjects ?? []).map(
      ({ binding, className, worker: holder }) =>
        `(name = ${quote(binding)}, durableObjectNamespace = (className = ${quote(className)}${holder === undefined ? "" : `, serviceName = ${quote(holder)}`}))`,
    ),
  ]);
}

function renderWorker(
  worker: WorkerSource,
  { compatibility, storage, upstream }: { compatibility: Compatibility; storage: string; upstream: string },
): string {
  const own = (worker.durableObjects ?? []).filter(({ worker: holder }) => holder === undefined);
  const namespaces = own.map(
    ({ className }) =>
      `(className = ${quote(className)}, uniqueKey = ${quote(`${worker.name}-${className}`)}, enableSql = true)`,
  );
  return `const ${constantName(worker.name)} :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed ${quote(`${worker.name}.js`)})],
  compatibilityDate = ${quote(compatibility.date)},
  compatibilityFlags = ${list(compatibility.flags.map(quote))},
  bindings = ${renderBindings(worker, upstream)},
  ${worker.outboundAddress === undefined ? "" : `globalOutbound = ${quote(`${worker.name}-outbound`)},`}
  durableObjectNamespaces = ${list(namespaces)},
  ${namespaces.length === 0 ? "" : `durableObjectStorage = (${storage}),`}
);`;
}

function constantName(name: string): string {
  return `${name.replaceAll(/[^a-z0-9]/gi, "")}Worker`;
}

/**
 * Writes a layout as a workerd configuration. Every Worker's module is expected beside it as `<name>.js`.
 * Socket and service carry the Worker's name.
 */
export function renderConfig(layout: WorkerdLayout, compatibility: Compatibility): string {
  const storage = layout.storagePath === undefined ? "inMemory = void" : `localDisk = "storage"`;
  const upstream = "upstreamWorker" in layout ? layout.upstreamWorker : "upstream";
  const services = list([
    ...layout.workers.map(({ name }) => `(name = ${quote(name)}, worker = .${constantName(name)})`),
    ...layout.workers.flatMap(({ name, outboundAddress }) =>
      outboundAddress === undefined
        ? []
        : [`(name = ${quote(`${name}-outbound`)}, external = (address = ${quote(outboundAddress)}, http = ()))`],
    ),
    ...(layout.servers ?? []).map(
      ({ name, address }) => `(name = ${quote(name)}, external = (address = ${quote(address)}, http = ()))`,
    ),
    ...("upstreamAddress" in layout
      ? [`(name = "upstream", external = (address = ${quote(layout.upstreamAddress)}, http = ()))`]
      : []),
    ...(layout.storagePath === undefined
      ? []
      : [`(name = "storage", disk = (path = ${quote(layout.storagePath)}, writable = true))`]),
  ]);
  const sockets = list(
    layout.workers.map(
      ({ name }) => `(name = ${quote(name)}, address = "127.0.0.1:0", http = (), service = ${quote(name)})`,
    ),
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = ${services},
  sockets = ${sockets},
  v8Flags = ${list(layout.maxHeapMib === undefined ? [] : [quote(`--max-heap-size=${layout.maxHeapMib}`)])},
);

${layout.workers.map((worker) => renderWorker(worker, { compatibility, storage, upstream })).join("\n\n")}
`;
}
