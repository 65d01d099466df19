/**
 * `npm run chaos:kills`: the real Worker under mixed load (new threads, turns that continue them, conversations,
 * background runs, deletions), killed with SIGKILL at random points and started again on the same disk. After each kill
 * everything that was answered as stored must be there, whole and once; nothing else may be half there; every run ends.
 * `-- --kills=N` (200), `-- --seed=N`. Takes some six minutes.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildBundle } from "../../test/support/build-bundle.ts";
import { startScriptedUpstream } from "../../test/support/scripted-upstream.ts";
import { startWorkerd, type Workerd } from "../../test/support/start-workerd.ts";
import { stateObjects } from "../../test/support/state-objects.ts";
import { createRandom } from "./random.ts";

const numberOf = (name: string, otherwise: number): number =>
  Number(process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split("=")[1] ?? otherwise);
const kills = numberOf("kills", 200);
const random = createRandom(numberOf("seed", 1));
const key = "0123456789abcdef";
const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
/** Clients at once, each with things of its own, so that it knows what was stored and in which order. */
const clients = 8;
/** A run that has not ended by then, after a restart, is stuck. */
const longestRun = 30_000;

interface Stored {
  id: string;
  path: string;
  /** What the model was given, and what it said. */
  input: string[];
  output: string;
}

interface Conversation {
  id: string;
  /** Its texts, in order. */
  texts: string[];
  /** A turn whose answer never came: both of its texts may be there, or none. */
  doubtful: string[] | undefined;
}

/** What is read of the Worker's answers, and of what it asks upstream. */
interface Reply {
  id: string;
  status?: string;
  error?: { code?: string } | null;
  output?: { type: string; content: { text: string }[] }[];
  data: { content?: { text: string }[] }[];
  has_more?: boolean;
  last_id?: string;
}

/** A message as upstream is sent it: its text, or its parts. */
interface Said {
  content: string | { text: string }[];
}

/** What one client has been told. */
interface Knowledge {
  stored: Stored[];
  deleted: string[];
  /** Deletions that were not answered: gone or whole. */
  doubtful: Stored[];
  runs: { id: string; path: string; input: string; conversation: Conversation | undefined }[];
  conversations: Conversation[];
}

const counts = { kills: 0, answered: 0, cutOff: 0, checked: 0, lost: 0, doubled: 0, torn: 0, stuck: 0 };
const wrong: string[] = [];

function blame(kind: "lost" | "doubled" | "torn" | "stuck", what: string): void {
  counts[kind] += 1;
  wrong.push(`${kind} after kill ${counts.kills}: ${what}`);
}

let workerd: Workerd;
let made = 0;

/** One of them, or none. */
function pickSome<Choice>(choices: readonly Choice[]): Choice | undefined {
  return choices[random.below(choices.length + 1)];
}

/** Sends a request; undefined when the kill cut it off. */
async function send(method: string, path: string, body?: object): Promise<{ status: number; json: Reply } | undefined> {
  try {
    const response = await fetch(`${workerd.url()}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    counts.answered += 1;
    return { status: response.status, json: JSON.parse(text) };
  } catch {
    counts.cutOff += 1;
    return undefined;
  }
}

function textOf({ output = [] }: Reply): string {
  return output
    .filter(({ type }) => type === "message")
    .flatMap(({ content }) => content.map(({ text }) => text))
    .join("");
}

async function act(known: Knowledge): Promise<void> {
  const base = random.pick(["/openai/v1", "/ai/v1"]);
  const marker = `m${++made}`;
  const kind = random.pick(["new", "continue", "continue", "conversation", "conversation", "background", "delete"]);
  switch (kind) {
    case "new":
      return answer(known, { path: base, marker, input: [] });
    case "continue": {
      const previous = pickSome(known.stored.slice(-5));
      if (previous === undefined || previous.input.length > 60) return answer(known, { path: base, marker, input: [] });
      const input = [...previous.input, previous.output];
      return answer(known, { path: base, marker, input, fields: { previous_response_id: previous.id } });
    }
    case "conversation":
      return converse(known, marker);
    case "background": {
      const conversation = pickSome(known.conversations.filter(({ doubtful }) => doubtful === undefined));
      const fields = { background: true, stream: false, ...(conversation && { conversation: conversation.id }) };
      // Whether it comes into its conversation before the next turn is open, so that conversation rests until it ended.
      const path = conversation === undefined ? base : "/openai/v1";
      if (conversation !== undefined)
        known.conversations = known.conversations.filter((other) => other !== conversation);
      const started = await send("POST", `${path}/responses`, { input: marker, ...fields });
      if (started?.status === 200) known.runs.push({ id: started.json.id, path, input: marker, conversation });
      else if (conversation !== undefined) conversation.doubtful = [marker, `re ${marker}`];
      if (conversation !== undefined && started?.status !== 200) known.conversations.push(conversation);
      return;
    }
    case "delete": {
      const stored = known.stored.splice(random.below(Math.max(1, known.stored.length)), 1)[0];
      if (stored === undefined) return;
      const deleted = await send("DELETE", `/openai/v1/responses/${stored.id}`);
      if (deleted === undefined) known.doubtful.push(stored);
      else if (deleted.status === 200) known.deleted.push(stored.id);
      else blame("lost", `${stored.id} could not be deleted: ${deleted.status}`);
    }
  }
}

async function answer(
  known: Knowledge,
  { path, marker, input, fields = {} }: { path: string; marker: string; input: string[]; fields?: object },
): Promise<void> {
  const answered = await send("POST", `${path}/responses`, { input: marker, ...fields });
  if (answered === undefined) return;
  if (answered.status !== 200) return blame("lost", `${JSON.stringify(fields)} → ${answered.json.error?.code}`);
  known.stored.push({ id: answered.json.id, path, input: [...input, marker], output: `re ${marker}` });
}

async function converse(known: Knowledge, marker: string): Promise<void> {
  let conversation = pickSome(known.conversations.slice(-2));
  if (conversation === undefined || conversation.texts.length > 60) {
    const created = await send("POST", "/openai/v1/conversations", {});
    if (created === undefined) return;
    conversation = { id: created.json.id, texts: [], doubtful: undefined };
    known.conversations.push(conversation);
  }
  if (conversation.doubtful !== undefined) await settleConversation(conversation);
  const answered = await send("POST", "/openai/v1/responses", { input: marker, conversation: conversation.id });
  const said = [marker, `re ${marker}`];
  if (answered === undefined) conversation.doubtful = said;
  else if (answered.status === 200) {
    known.stored.push({
      id: answered.json.id,
      path: "/openai/v1",
      input: [...conversation.texts, marker],
      output: `re ${marker}`,
    });
    conversation.texts.push(...said);
  } else blame("lost", `${conversation.id} → ${answered.json.error?.code}`);
}

async function listTexts(path: string): Promise<string[] | undefined> {
  const texts: string[] = [];
  for (let after = ""; ;) {
    const listed = await send("GET", `${path}?order=asc&limit=100${after}`);
    if (listed?.status !== 200) return undefined;
    for (const { content } of listed.json.data) texts.push(content?.[0]?.text ?? "");
    if (listed.json.has_more !== true) return texts;
    after = `&after=${listed.json.last_id}`;
  }
}

/** A turn that was cut off is there whole or not at all. */
async function settleConversation(conversation: Conversation): Promise<void> {
  const listed = await listTexts(`/openai/v1/conversations/${conversation.id}/items`);
  if (listed === undefined) return;
  const { texts, doubtful = [] } = conversation;
  const whole = [...texts, ...doubtful];
  const isWhole = JSON.stringify(listed) === JSON.stringify(whole);
  if (isWhole) conversation.texts = whole;
  else if (JSON.stringify(listed) !== JSON.stringify(texts)) {
    const kind = new Set(listed).size < listed.length ? "doubled" : listed.length < texts.length ? "lost" : "torn";
    blame(kind, `${conversation.id} has ${listed.join()}, not ${texts.join()} and perhaps ${doubtful.join()}`);
    conversation.texts = listed;
  }
  conversation.doubtful = undefined;
}

async function checkStored({ id, path, input, output }: Stored): Promise<boolean> {
  const read = await send("GET", `${path}/responses/${id}`);
  if (read?.status !== 200 || textOf(read.json) !== output) return false;
  const listed = await listTexts(`${path}/responses/${id}/input_items`);
  return JSON.stringify(listed) === JSON.stringify(input);
}

function isGoingOn({ status }: Reply): boolean {
  return status === "queued" || status === "in_progress";
}

/** The response of a run when it has ended, or is stuck; undefined when it is not there. */
async function waitForEnd(path: string): Promise<Reply | undefined> {
  const started = performance.now();
  for (;;) {
    const read = await send("GET", path);
    if (read?.status !== 200) return undefined;
    if (!isGoingOn(read.json) || performance.now() - started > longestRun) return read.json;
    await sleep(50);
  }
}

async function check(known: Knowledge): Promise<void> {
  for (const conversation of known.conversations) await settleConversation(conversation);
  for (const { id, path, input, conversation } of known.runs.splice(0)) {
    const response = await waitForEnd(`${path}/responses/${id}`);
    counts.checked += 1;
    const isWhole = response?.status === "completed";
    if (response === undefined) blame("lost", `run ${id}`);
    else if (isGoingOn(response)) blame("stuck", `run ${id} is ${response.status}`);
    else if (isWhole && textOf(response) !== `re ${input}`) blame("torn", `run ${id} said ${textOf(response)}`);
    else if (!isWhole && response.error?.code !== "background_run_lost") {
      blame("lost", `run ${id}: ${JSON.stringify(response.error)}`);
    }
    if (conversation === undefined) continue;
    if (isWhole) conversation.texts.push(input, `re ${input}`);
    known.conversations.push(conversation);
    await settleConversation(conversation);
  }
  for (const stored of known.stored.slice(-12)) {
    counts.checked += 1;
    if (!(await checkStored(stored))) blame("lost", stored.id);
  }
  for (const stored of known.doubtful.splice(0)) {
    const read = await send("GET", `${stored.path}/responses/${stored.id}`);
    if (read?.status === 404) known.deleted.push(stored.id);
    else if (await checkStored(stored)) known.stored.push(stored);
    else blame("torn", `${stored.id}, whose deletion was cut off`);
  }
  for (const id of known.deleted.slice(-4)) {
    const read = await send("GET", `/openai/v1/responses/${id}`);
    if (read?.status !== 404) blame("doubled", `${id} was deleted, and is back`);
  }
}

const bundle = await buildBundle();
const storagePath = await mkdtemp(join(tmpdir(), "chaos-kills-"));
const upstream = await startScriptedUpstream();
upstream.setScript(async ({ inputs }) => {
  const { messages, input } = inputs as { messages?: Said[]; input?: string | Said[] };
  const given = messages ?? input ?? "";
  const last = typeof given === "string" ? given : (given.at(-1)?.content ?? "");
  const text = `re ${typeof last === "string" ? last : last[0]?.text}`;
  await sleep(random.below(40));
  upstream.calls.length = 0;
  const message = { id: `msg_${text}`, type: "message", role: "assistant", content: [{ type: "output_text", text }] };
  const body = messages
    ? { choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }] }
    : { id: `resp_${crypto.randomUUID()}`, status: "completed", output: [message] };
  return { body: JSON.stringify(body) };
});

const start = (): Promise<Workerd> =>
  startWorkerd({
    workers: [
      {
        name: "api",
        modulePath: bundle.entryPath,
        vars: { API_KEYS: `alice:${key}`, LOG: "off" },
        durableObjects: stateObjects,
      },
    ],
    upstreamAddress: upstream.address,
    storagePath,
  });

const known = Array.from({ length: clients }, (): Knowledge => ({
  stored: [],
  deleted: [],
  doubtful: [],
  runs: [],
  conversations: [],
}));
workerd = await start();
try {
  while (counts.kills < kills) {
    const killed = new AbortController();
    const load = Promise.all(
      known.map(async (client) => {
        while (!killed.signal.aborted) await act(client);
      }),
    );
    await sleep(50 + random.below(1_000));
    killed.abort();
    process.kill(workerd.processId, "SIGKILL");
    await workerd.stop();
    counts.kills += 1;
    await load;
    workerd = await start();
    await Promise.all(known.map(check));
    if (counts.kills % 20 === 0) console.log(JSON.stringify(counts));
  }
} finally {
  await workerd.stop();
  await upstream.stop();
  await rm(storagePath, { recursive: true, force: true });
  await rm(bundle.directory, { recursive: true, force: true });
}
for (const line of wrong.slice(0, 20)) console.log(line);
console.log(`${wrong.length === 0 ? "ok" : "FAIL"}: ${JSON.stringify(counts)}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
