/**
 * `npm run bench:compat`: what a stream of 10,000 chunks costs workerd in compat mode, beside the same stream handed
 * through by the runtime (native mode) and by a bare Worker's JavaScript, which nothing that translates can beat. Upstream is another process, so that only the Worker's CPU is counted. Prints medians.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundle } from "../../test/support/build-bundle.ts";
import { startScriptedUpstream } from "../../test/support/scripted-upstream.ts";
import { startWorkerd } from "../../test/support/start-workerd.ts";
import { median } from "./compare.ts";
import { readCpuMs } from "./process-usage.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const chunks = 10_000;
const rounds = 9;
/** Streams a round: the kernel counts CPU in steps of 10 ms. */
const streams = 4;
const key = "bench-key-0123456789";

/** As recorded from Workers AI: reasoning for a third, then text. */
function frame(index: number): string {
  const delta = index < chunks / 3 ? { reasoning_content: ` word${index % 10}` } : { content: ` word${index % 10}` };
  return `data: ${JSON.stringify({
    id: "id-1778260814069",
    created: 1778260814,
    model: "@cf/openai/gpt-oss-20b",
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null, token_ids: null }],
  })}\n\n`;
}

const last = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":${chunks}}}\n\ndata: [DONE]\n\n`;
const frames = [...Array.from({ length: chunks }, (_frame, index) => frame(index)), last];

/** How many chunks upstream sends in one go. */
const manners = [
  { name: "in one burst", size: chunks + 1 },
  { name: "50 at a time", size: 50 },
  { name: "one at a time", size: 1 },
];

async function* sendInTurns(size: number): AsyncGenerator<string> {
  for (let start = 0; start < frames.length; start += size) {
    yield frames.slice(start, start + size).join("");
    // The next turn of the event loop: the runtime sees this piece alone.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function readStream(url: string): Promise<void> {
  const response = await fetch(`${url}/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ input: "Go.", stream: true, reasoning: { summary: "auto" } }),
  });
  const text = await response.text();
  if (!text.endsWith("data: [DONE]\n\n")) throw new Error(`the stream broke: ${text.slice(-200)}`);
}

const { directory, entryPath } = await buildBundle();
const upstream = await startScriptedUpstream();
const workerd = await startWorkerd({
  workers: [
    { name: "native", modulePath: entryPath, vars: { API_KEYS: `bench:${key}` } },
    { name: "javascript", modulePath: join(here, "javascript-worker.js") },
    { name: "compat", modulePath: entryPath, vars: { API_KEYS: `bench:${key}`, MODE: "compat" } },
  ],
  upstreamAddress: upstream.address,
});
try {
  for (const { name, size } of manners) {
    for (const mode of ["native", "javascript", "compat"]) {
      upstream.setScript(() => ({ headers: { "content-type": "text/event-stream" }, body: sendInTurns(size) }));
      const costs: number[] = [];
      // The first two rounds warm the code up.
      for (let round = -2; round < rounds; round += 1) {
        const before = readCpuMs(workerd.processId) ?? Number.NaN;
        for (let stream = 0; stream < streams; stream += 1) await readStream(workerd.url(mode));
        const used = (readCpuMs(workerd.processId) ?? Number.NaN) - before;
        if (round >= 0) costs.push(used / streams / (chunks / 1000));
      }
      console.log(`${mode}, chunks ${name}: ${median(costs).toFixed(2)} ms CPU per 1,000 chunks (median of ${rounds})`);
    }
  }
} finally {
  await workerd.stop();
  await upstream.stop();
  await rm(directory, { recursive: true, force: true });
}
