/**
 * `npm run fuzz`: 20,000 random requests and 5,000 random sequences of WebSocket frames against the real Worker in a real
 * workerd, some with a key and some without. None may hang, be answered with an error that is not the envelope, be
 * answered 500 unless a setting is wrong, or reach the model without a key. Prints the seed of a failure: `-- --seed=N` repeats it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { buildBundle } from "../../test/support/build-bundle.ts";
import { openConnection, type RawResponse } from "../../test/support/raw-client.ts";
import { type Answer, startScriptedUpstream } from "../../test/support/scripted-upstream.ts";
import { testKey } from "../../test/support/start-api.ts";
import { startWorkerd } from "../../test/support/start-workerd.ts";
import { stateObjects } from "../../test/support/state-objects.ts";
import { startProgress } from "../progress.ts";
import { type FuzzRequest, keyedRequest, renderFuzz, strangersRequest } from "./arbitrary-request.ts";
import { measureGrowth } from "./growth.ts";
import { fuzzSockets } from "./sockets.ts";

const cases = 20_000;
/** Sequences of frames over WebSockets. */
const sequences = 5_000;
/** Requests sent at once make one case of fast-check's: it would send them one by one. */
const atOnce = 20;
const seed = Number(process.argv.find((argument) => argument.startsWith("--seed="))?.slice("--seed=".length) ?? 1);

/** Milliseconds after which an answer counts as never coming. */
const patience = 15_000;

/** What upstream says in errors and must stay there. */
const inside = "sk-inside";

const answers: readonly Answer[] = [
  { body: '{"id":"resp_1","object":"response","status":"completed","output":[]}' },
  { body: '{"choices":[{"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}' },
  {
    headers: { "content-type": "text/event-stream" },
    body: 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\ndata: [DONE]\n\n',
  },
  {
    headers: { "content-type": "text/event-stream" },
    body: 'event: response.completed\ndata: {"type":"response.completed"}\n\n',
  },
  { body: `{"${inside}":` },
  { status: 429, body: `{"internalCode":3040,"description":"${inside}"}` },
  { status: 400, body: `{"errors":[{"code":5006,"message":"${inside}"}],"success":false}` },
  { status: 500, headers: { "content-type": "text/html" }, body: `<html>${inside}</html>` },
  { status: 200, headers: { "content-type": "text/html" }, body: `<html>${inside}</html>` },
];

const statuses = new Map<number, number>();

/** Sends a request and reads its answer; undefined when workerd itself refuses it, before the Worker. */
async function ask(port: number, request: FuzzRequest): Promise<RawResponse | undefined> {
  const client = await openConnection(port);
  try {
    client.send(renderFuzz(request));
    const response = await Promise.race([client.readResponse(), sleep(patience)]);
    if (response === undefined) throw new Error("no answer: it hangs");
    return response.header("x-request-id") === undefined ? undefined : response;
  } finally {
    client.close();
  }
}

/** Throws when an answer is none that a client may see. */
function check({ method }: FuzzRequest, response: RawResponse, isMisconfigured: boolean): void {
  const { status, body } = response;
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const text = body.toString();
  if (isMisconfigured) {
    if (status !== 500) throw new Error(`${status} of a Worker with a wrong setting`);
  } else if (status === 500 && !isUpstreams500(text)) {
    throw new Error(`500: ${text.slice(0, 300)}`);
  }
  if (status < 400 || method === "HEAD") return;
  const { error } = JSON.parse(text) as { error: Record<string, unknown> };
  const fields = Object.entries(error).map(([name, value]) => `${name} ${typeof value}`);
  if (fields.join() !== "message string,type string,param string,code string") throw new Error(`no envelope: ${text}`);
  if (isMisconfigured && error["code"] !== "misconfigured") throw new Error(`not misconfigured: ${text}`);
  if (text.includes(inside) || text.includes(testKey)) throw new Error(`an inside text: ${text}`);
}

/** Workers AI's own 500 is passed on as one. */
function isUpstreams500(text: string): boolean {
  return text.includes('"code":"upstream_error"');
}

const progress = startProgress("fuzz");
progress.print(`seed ${seed}`);
const startedAt = Date.now();
const { directory, entryPath } = await buildBundle();
const storagePath = await mkdtemp(join(tmpdir(), "fuzz-storage-"));
const upstream = await startScriptedUpstream(() => answers[upstream.calls.length % answers.length] ?? "reset");
const worker = (name: string, vars: Record<string, string> = {}) => ({
  name,
  modulePath: entryPath,
  vars: { API_KEYS: `tester:${testKey}`, UPSTREAM_TIMEOUT_MS: "2000", ...vars },
});
const durableObjects = [...stateObjects, { binding: "USAGE", className: "UsageCounter" }];
const workerd = await startWorkerd({
  workers: [
    worker("native"),
    { ...worker("native-storing"), durableObjects },
    worker("compat", { MODE: "compat" }),
    { ...worker("compat-storing", { MODE: "compat" }), durableObjects },
    worker("misconfigured", { MODE: "fast" }),
  ],
  upstreamAddress: upstream.address,
  storagePath,
});
const names = fc.constantFrom("native", "native-storing", "compat", "compat-storing");

let sent = 0;

async function sendAll(name: string, requests: readonly FuzzRequest[]): Promise<void> {
  progress.update(`${sent} of ${cases} requests`);
  sent += requests.length;
  await Promise.all(
    requests.map(async (request) => {
      const response = await ask(workerd.port(name), request);
      if (response !== undefined) check(request, response, name === "misconfigured");
    }),
  );
}

const runs = { seed, endOnFailure: true, verbose: fc.VerbosityLevel.None } as const;
const batch = (request: fc.Arbitrary<FuzzRequest>) => fc.array(request, { minLength: atOnce, maxLength: atOnce });
try {
  const keyed = fc.asyncProperty(names, batch(keyedRequest), async (name, requests) => {
    await sendAll(name, requests);
  });
  await fc.assert(keyed, { ...runs, numRuns: (cases * 0.7) / atOnce });
  progress.print(`ok   ${cases * 0.7} requests with a key; ${upstream.calls.length} reached the model`);

  upstream.clear();
  const strangers = fc.asyncProperty(names, batch(strangersRequest), async (name, requests) => {
    await sendAll(name, requests);
    const [call] = upstream.calls;
    if (call !== undefined) throw new Error(`the model was called without a key: ${call.bodyText.slice(0, 300)}`);
  });
  await fc.assert(strangers, { ...runs, numRuns: (cases * 0.25) / atOnce });
  progress.print(`ok   ${cases * 0.25} requests without one; none reached the model`);

  upstream.clear();
  await fuzzSockets(sequences, { workerd, upstream, names, runs, inside: [inside, testKey], atOnce, progress });

  const growth = await measureGrowth(entryPath);
  for (const line of growth.lines) console.log(`ok   ${line}`);
  if (growth.wrong.length > 0) throw new Error(`grows faster than its number: ${growth.wrong.join("; ")}`);

  const misconfigured = fc.asyncProperty(batch(keyedRequest), (requests) => sendAll("misconfigured", requests));
  await fc.assert(misconfigured, { ...runs, numRuns: (cases * 0.05) / atOnce });
  progress.print(`ok   ${cases * 0.05} requests to a Worker with a wrong setting`);

  const surprises = workerd.output().match(new RegExp(`.*(unhandled_error|${inside}|${testKey}).*`, "g")) ?? [];
  if (surprises.length > 0) throw new Error(`in the log: ${surprises[0]}`);
  progress.print("ok   nothing unforeseen in the log, no key, nothing from inside");
} finally {
  await workerd.stop();
  await upstream.stop();
  for (const path of [directory, storagePath]) await rm(path, { recursive: true, force: true });
}
const seen = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`);
progress.end();
console.log(`${seen.join(", ")}; ${Math.round((Date.now() - startedAt) / 1_000)} s`);
