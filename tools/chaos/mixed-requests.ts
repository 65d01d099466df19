import { Agent, request } from "node:http";
import { clientHeaders } from "../../test/support/start-api.ts";
import { faultOf, type Plan } from "./faults.ts";
import type { Random } from "./random.ts";

/**
 * Sends `count` requests of all kinds over 64 lasting connections and checks that each gets its own answer, whole.
 * Returns what was wrong.
 */
export async function sendMixed({
  port,
  count,
  name,
  random,
}: {
  port: number;
  count: number;
  name: string;
  random: Random;
}): Promise<{ kinds: string; wrong: string[] }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const wrong: string[] = [];
  const counts = new Map<string, number>();
  let next = 0;
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      while (next < count) {
        const mark = `${name}_mixed_${next++}`;
        const kind = random.pick(kinds);
        counts.set(kind.name, (counts.get(kind.name) ?? 0) + 1);
        const problem = await kind.check({
          mark,
          seed: random.below(2 ** 31),
          send: (sent) => send(agent, port, sent),
        });
        if (problem !== undefined) wrong.push(`${kind.name}, ${mark}: ${problem}`);
      }
    }),
  );
  agent.destroy();
  return { kinds: [...counts].map(([kind, sent]) => `${sent} ${kind}`).join(", "), wrong };
}

interface Sent {
  method: string;
  path: string;
  mark: string;
  body?: string;
}

interface Kind {
  name: string;
  check(call: {
    mark: string;
    seed: number;
    send: (sent: Sent) => Promise<{ status: number; mark: string; body: Buffer }>;
  }): Promise<string | undefined>;
}

const kinds: readonly Kind[] = [
  answered("answered with JSON", "JSON"),
  answered("answered with a stream", "a stream"),
  {
    name: "refused for a field",
    async check({ mark, send: sendOne }) {
      const body = JSON.stringify({ input: "x", reasoning: { effort: mark } });
      const answer = await sendOne({ method: "POST", path: "/v1/responses", mark, body });
      const expected = "The field `reasoning.effort` must be one of: low, medium, high.";
      return answer.status === 400 && answer.mark === mark && answer.body.includes(expected) ? undefined : tell(answer);
    },
  },
  {
    name: "refused for a model",
    async check({ mark, send: sendOne }) {
      const answer = await sendOne({ method: "GET", path: `/v1/models/${mark}`, mark });
      return answer.status === 404 && answer.mark === mark ? undefined : tell(answer);
    },
  },
];

function answered(name: string, fault: "JSON" | "a stream"): Kind {
  return {
    name,
    async check({ mark, seed, send: sendOne }) {
      const plan: Plan = { mark, worker: "plain", fault, client: "plain", seed };
      const body = JSON.stringify({ input: mark, stream: faultOf(plan).stream, metadata: plan });
      const answer = await sendOne({ method: "POST", path: "/v1/responses", mark, body });
      const right = answer.status === 200 && answer.mark === mark && answer.body.equals(faultOf(plan).body(plan));
      return right ? undefined : tell(answer);
    },
  };
}

function tell({ status, mark, body }: { status: number; mark: string; body: Buffer }): string {
  return `${status} ${mark} ${body.toString().slice(0, 200)}`;
}

function send(
  agent: Agent,
  port: number,
  { method, path, mark, body }: Sent,
): Promise<{ status: number; mark: string; body: Buffer }> {
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve({ status: 0, mark: "", body: Buffer.from(error.message) });
    const headers = { ...clientHeaders, "x-request-id": mark };
    const call = request({ agent, port, host: "127.0.0.1", method, path, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", fail);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          mark: String(response.headers["x-request-id"]),
          body: Buffer.concat(pieces),
        }),
      );
    });
    call.on("error", fail);
    call.end(body);
  });
}
