/**
 * Requests and answers of n, 2n and 4n parts of one kind: the CPU that the Worker takes for them may grow with their
 * number, not with its square.
 */
import { type Answer, startScriptedUpstream } from "../../test/support/scripted-upstream.ts";
import { clientHeaders, testKey } from "../../test/support/start-api.ts";
import { startWorkerd, type Workerd } from "../../test/support/start-workerd.ts";
import { readCpuMs } from "../bench/process-usage.ts";

interface Bomb {
  name: string;
  n: number;
  request: (n: number) => object;
  answer?: (n: number) => string;
}

const numbers = (n: number) => Array.from({ length: n }, (_, index) => index);
const tool = (index: number) => ({ type: "function", name: `f${index}`, parameters: {} });
const whole = (message: object) => JSON.stringify({ choices: [{ message, finish_reason: "stop" }] });
const fine = whole({ content: "hi" });

const bombs: readonly Bomb[] = [
  { name: "items", n: 5_000, request: (n) => ({ input: numbers(n).map((i) => ({ role: "user", content: `m${i}` })) }) },
  { name: "tools", n: 250, request: (n) => ({ input: "x", tools: numbers(n).map(tool) }) },
  {
    name: "content parts",
    n: 1_250,
    request: (n) => ({
      input: [{ role: "user", content: numbers(n).map((i) => ({ type: "input_text", text: `p${i}` })) }],
    }),
  },
  {
    name: "unknown calls beside 250 tools",
    n: 4_000,
    request: (n) => ({
      tools: numbers(250).map(tool),
      input: numbers(n).map((i) => ({ type: "function_call", call_id: `c${i}`, name: `g${i}`, arguments: "{}" })),
    }),
  },
  {
    name: "tool calls in an answer",
    n: 4_000,
    request: () => ({ input: "x", tools: [tool(0)] }),
    answer: (n) =>
      whole({
        tool_calls: numbers(n).map((i) => ({ index: i, id: `c${i}`, function: { name: "f0", arguments: "{}" } })),
      }),
  },
  {
    name: "logprobs in an answer",
    n: 25_000,
    request: () => ({ input: "x", include: ["message.output_text.logprobs"] }),
    answer: (n) =>
      JSON.stringify({
        choices: [
          {
            message: { content: "x".repeat(n) },
            logprobs: { content: numbers(n).map(() => ({ token: "x", logprob: -1, bytes: [120] })) },
            finish_reason: "stop",
          },
        ],
      }),
  },
  {
    name: "spaces in a fence where a call was demanded",
    n: 100_000,
    request: () => ({ input: "x", tools: [tool(0)], tool_choice: "required" }),
    answer: (n) => whole({ content: `\`\`\`${" ".repeat(n)}x` }),
  },
];

/** CPU milliseconds of the Worker for one request, the least of three. */
async function measure(workerd: Workerd, body: string): Promise<number> {
  const taken: number[] = [];
  for (let time = 0; time < 3; time += 1) {
    const before = readCpuMs(workerd.processId) ?? 0;
    const response = await fetch(`${workerd.url()}/openai/v1/responses`, {
      method: "POST",
      headers: clientHeaders,
      body,
    });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`a number bomb was answered ${response.status}`);
    taken.push((readCpuMs(workerd.processId) ?? 0) - before);
  }
  return Math.min(...taken);
}

/** Runs all bombs. Each line says what one took; `wrong` has those whose growth is more than 2.6 for twice as much. */
export async function measureGrowth(modulePath: string): Promise<{ lines: string[]; wrong: string[] }> {
  const upstream = await startScriptedUpstream();
  const workerd = await startWorkerd({
    workers: [{ name: "growth", modulePath, vars: { API_KEYS: `tester:${testKey}`, LOG: "off" } }],
    upstreamAddress: upstream.address,
  });
  const lines: string[] = [];
  const wrong: string[] = [];
  try {
    for (const { name, n, request, answer } of bombs) {
      const took: number[] = [];
      for (const size of [n, 2 * n, 4 * n]) {
        const script: Answer = { body: answer?.(size) ?? fine };
        upstream.setScript(() => script);
        took.push(await measure(workerd, JSON.stringify(request(size))));
      }
      const line = `${name}: ${took.join(", ")} ms for ${n}, ${2 * n}, ${4 * n}`;
      lines.push(line);
      // The clock has steps of 10 ms, of which the last may be one too many: over the whole range the square would be 16,
      // twice 2.6 is 6.8.
      const [first = 0, , last = 0] = took;
      if (last - 10 > 2.6 ** 2 * Math.max(first, 10)) wrong.push(line);
    }
  } finally {
    await workerd.stop();
    await upstream.stop();
  }
  return { lines, wrong };
}
