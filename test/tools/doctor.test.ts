import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { projectRoot } from "../support/project-paths.ts";
import { type Answer, startScriptedUpstream, type ScriptedUpstream } from "../support/scripted-upstream.ts";
import { type DevServer, startDev } from "../support/start-dev.ts";
import { startWorkerd, type Workerd } from "../support/start-workerd.ts";

const key = "key-of-alice-0123456789";

/** Runs the doctor as `npm run doctor` does. */
function examine(...args: string[]): Promise<{ code: number; output: string; row: (name: string) => string }> {
  return new Promise((resolve) => {
    const env = { ...process.env };
    delete env["API_KEY"];
    const script = join(projectRoot, "tools/doctor/run.ts");
    execFile(process.execPath, [script, ...args], { env }, (error, stdout, stderr) => {
      const rows = stdout.split("\n");
      resolve({
        code: error === null ? 0 : Number(error.code),
        output: stdout + stderr,
        /** The row of one check, with its advice: times are left out. */
        row: (name) => {
          const index = rows.findIndex((row) => row.slice(8).startsWith(`${name} `));
          const advice = rows[index + 1]?.trim().startsWith("→") === true ? ` ${rows[index + 1]?.trim()}` : "";
          return `${
            rows[index]
              ?.trim()
              .replaceAll(/ +/g, " ")
              .replace(/ \d+ ms /, " ") ?? "no row"
          }${advice}`;
        },
      });
    });
  });
}

let upstream: ScriptedUpstream;
let workerd: Workerd;
let storage: string;
const servers: Server[] = [];

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Sits before a Worker and hands an answer on when it is whole, as a badly set proxy does. */
function createBufferingProxy(target: string): Server {
  return createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    const forwarded = request(target + (incoming.url ?? ""), { method: method ?? "GET", headers }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () => {
        const { "transfer-encoding": _chunked, ...kept } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, kept).end(Buffer.concat(pieces));
      });
    });
    incoming.pipe(forwarded);
  });
}

const fine: Answer = {
  body: JSON.stringify({
    object: "response",
    status: "completed",
    output: [
      { type: "message", content: [{ type: "output_text", text: "Hello" }] },
      { type: "function_call", name: "get_weather", arguments: '{"city":"Prague"}' },
    ],
    usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12 },
  }),
};

beforeAll(async () => {
  upstream = await startScriptedUpstream(fine);
  storage = await mkdtemp(join(tmpdir(), "doctor-"));
  const modulePath = inject("bundlePath");
  const vars = { API_KEYS: `alice:${key}` };
  workerd = await startWorkerd({
    workers: [
      { name: "fine", modulePath, vars },
      { name: "no-keys", modulePath },
      { name: "misconfigured", modulePath, vars: { ...vars, MODE: "fast" } },
      { name: "no-ai", modulePath, vars, withoutAi: true },
      {
        name: "spent",
        modulePath,
        vars: { ...vars, DAILY_TOKEN_BUDGET: "0" },
        durableObjects: [{ binding: "USAGE", className: "UsageCounter" }],
      },
    ],
    upstreamAddress: upstream.address,
    storagePath: storage,
  });
});
beforeEach(() => {
  upstream.clear();
  upstream.setScript(fine);
});
afterAll(async () => {
  await workerd?.stop();
  await upstream?.stop();
  await rm(storage, { recursive: true, force: true });
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

describe("the doctor finds nothing wrong", () => {
  let dev: DevServer;
  beforeAll(async () => {
    dev = await startDev();
  }, 60_000);
  afterAll(() => dev?.stop());

  test("with the local server", async () => {
    const { code, output, row } = await examine(dev.url);
    expect(output).toContain(dev.url);
    expect(row("health")).toMatch(
      /^ok health version [\d.]+, mode native, features: .*responses, conversations, background, usage/,
    );
    expect(row("key")).toBe("ok key none is needed (AUTH=none)");
    expect(row("models")).toBe("ok models @cf/openai/gpt-oss-20b, gpt-oss-20b");
    expect(row("json")).toMatch(/^ok json \d+ characters, \d+ tokens$/);
    expect(row("stream")).toMatch(/^ok stream \d+ events, the first after \d+ ms, over \d+ ms$/);
    expect(row("tool call")).toMatch(/^ok tool call get_weather\(\{"city":".*"\}\)$/);
    expect(row("state")).toBe("ok state stored, read, continued, deleted");
    expect(row("usage")).toMatch(/^ok usage \d+ tokens today, [\d.e-]+ USD$/);
    expect(output).toContain("  8 ok\n");
    expect(code).toBe(0);
  }, 30_000);

  test("with a Worker that keeps nothing, at an address as SDKs are given it", async () => {
    const { code, row, output } = await examine(`${workerd.url("fine")}/v1/responses`, key);
    expect(row("key")).toBe("ok key yours is let in, a wrong one is not");
    expect(row("stream")).toMatch(/^ok stream \d+ events, the first after \d+ ms, all at once$/);
    expect(row("state")).toBe("skip state off: THREADS is not bound");
    expect(row("usage")).toBe("skip usage off: USAGE is not bound");
    expect(output).toContain("  6 ok, 2 skip\n");
    expect(output).not.toContain(key);
    expect(code).toBe(0);
  });
});

test("the doctor stores nothing but what it deletes again", async () => {
  await examine(workerd.url("fine"), key);
  const stored = upstream.calls.filter(({ inputs }) => (inputs as { store?: boolean }).store !== false);
  expect(upstream.calls).toHaveLength(3);
  expect(stored.map(({ inputs }) => (inputs as { input: string }).input)).toEqual(["Say hello in one word."]);
});

test("the doctor takes an address of this machine without http://", async () => {
  const { code, output } = await examine(`127.0.0.1:${workerd.port("fine")}`, key);
  expect(output).toContain(`  ${workerd.url("fine")}\n`);
  expect(code).toBe(0);
});

describe("the doctor says what is wrong with", () => {
  test("an address where nothing listens", async () => {
    const address = await listen(createServer());
    servers.pop()?.close();
    const { code, row, output } = await examine(address, key);
    expect(row("health")).toBe(
      "fail health nothing listens at this address → Start the Worker (npm run dev), or check host and port.",
    );
    expect(output).toContain("  0 ok, 1 fail\n");
    expect(code).toBe(1);
  });

  test("the address of something else", async () => {
    const page = await listen(
      createServer((_request, answer) => answer.writeHead(200, { "content-type": "text/html" }).end("<h1>Hi</h1>")),
    );
    const { code, row } = await examine(page, key);
    expect(row("health")).toBe(
      "fail health something answers that is not this Worker (text/html) → Check the address: the Worker's own, such as https://responses-api.<you>.workers.dev.",
    );
    expect(code).toBe(1);
  });

  test("a path of the Worker that it does not serve", async () => {
    const { code, row } = await examine(`${workerd.url("fine")}/v2`, key);
    expect(row("health")).toMatch(
      /^fail health 404 not_found: There is nothing at this path\..* → Check the address: /,
    );
    expect(code).toBe(1);
  });

  test("an address that sends on to another", async () => {
    const elsewhere = createServer((_request, answer) =>
      answer.writeHead(301, { location: "https://api.example/health" }).end(),
    );
    const { code, row } = await examine(await listen(elsewhere), key);
    expect(row("health")).toBe(
      "fail health 301: it sends on to https://api.example/health → Give the address that answers itself.",
    );
    expect(code).toBe(1);
  });

  test("a key whose tokens of the day are used up", async () => {
    const { code, row } = await examine(workerd.url("spent"), key);
    expect(row("key")).toBe("ok key yours is let in, a wrong one is not");
    expect(row("json")).toMatch(
      /^fail json 429 budget_exceeded: This key has used 0 of its 0 tokens .* → Wait for 00:00 UTC, or raise DAILY_TOKEN_BUDGET\.$/,
    );
    expect(code).toBe(1);
  });

  test("a wrong key", async () => {
    const { code, row, output } = await examine(workerd.url("fine"), "another-key-0123456789");
    expect(row("key")).toBe(
      "fail key 401 invalid_api_key: The API key is not valid. Send a key of this Worker as `Authorization: Bearer <key>`. → Give the key itself, without its name: what stands after the colon in the secret API_KEYS.",
    );
    expect(output).toContain("  1 ok, 1 fail\n");
    expect(code).toBe(1);
  });

  test("no key", async () => {
    const { code, row } = await examine(workerd.url("fine"));
    expect(row("key")).toMatch(/^fail key 401 missing_api_key: .* → Give a key: npm run doctor -- <url> <key>, or set/);
    expect(code).toBe(1);
  });

  test("keys that are not set", async () => {
    const { code, row } = await examine(workerd.url("no-keys"), key);
    expect(row("key")).toMatch(/^fail key 401 api_keys_not_set: .* → Set the secret: npx wrangler secret put API_KEYS/);
    expect(code).toBe(1);
  });

  test("a wrong setting", async () => {
    const { code, row } = await examine(workerd.url("misconfigured"), key);
    expect(row("health")).toMatch(
      /^fail health 500 misconfigured: The setting MODE must be .* → Correct MODE in wrangler\.toml or among the secrets, and deploy again\.$/,
    );
    expect(code).toBe(1);
  });

  test("a missing AI binding", async () => {
    const { code, row, output } = await examine(workerd.url("no-ai"), key);
    for (const name of ["json", "stream", "tool call"]) {
      expect(row(name)).toBe(
        `fail ${name} 500 misconfigured: The binding AI is missing. Add \`[ai]\` with \`binding = "AI"\` to wrangler.toml. → Add the binding to wrangler.toml and deploy again.`,
      );
    }
    expect(output).toContain("  3 ok, 3 fail, 2 skip\n");
    expect(code).toBe(1);
  });

  test.each([
    [500, "", "500 upstream_error", "Try again, or set UPSTREAM_RETRIES."],
    [429, '{"internalCode":3040,"description":"x"}', "429 out_of_capacity", "Try again, or name other models in"],
    [429, '{"internalCode":3036,"description":"x"}', "429 daily_allocation_used", "Move the account to a paid plan"],
  ])("an upstream that answers %i %s", async (status, body, saw, advice) => {
    upstream.setScript({ status, body });
    const { code, row } = await examine(workerd.url("fine"), key);
    expect(row("json")).toContain(`fail json ${saw}: `);
    expect(row("json")).toContain(`→ ${advice}`);
    expect(code).toBe(1);
  });

  test("an upstream that hangs", async () => {
    upstream.setScript("hang");
    const { code, row } = await examine(workerd.url("fine"), key, "--seconds", "1");
    expect(row("stream")).toMatch(
      /^fail stream no answer within the 1 seconds all checks have → Give it longer: --seconds 6\./,
    );
    expect(code).toBe(1);
  });

  test("a stream that breaks off", async () => {
    upstream.setScript(({ inputs }) =>
      (inputs as { stream?: boolean }).stream === true
        ? { headers: { "content-type": "text/event-stream" }, body: ['data: {"type":"x"}\n\n'], ending: "reset" }
        : fine,
    );
    const { code, row } = await examine(workerd.url("fine"), key);
    expect(row("stream")).toMatch(/^fail stream the stream broke off after [01] events \((x|none)\) → Ask again\./);
    expect(row("json")).toMatch(/^ok json/);
    expect(code).toBe(1);
  });

  test("a model that says nothing and calls no tool", async () => {
    upstream.setScript({ body: '{"object":"response","status":"incomplete","output":[]}' });
    const { code, row } = await examine(workerd.url("fine"), key);
    expect(row("json")).toMatch(/^fail json a Response without text, status incomplete → Ask again\./);
    expect(row("tool call")).toMatch(/^fail tool call the model did not call the tool → Ask again\./);
    expect(code).toBe(1);
  });

  test("a proxy that holds streams back", async () => {
    upstream.setScript(({ inputs }) =>
      (inputs as { stream?: boolean }).stream === true
        ? { headers: { "content-type": "text/event-stream" }, body: paceEvents() }
        : fine,
    );
    const proxy = await listen(createBufferingProxy(workerd.url("fine")));
    const { code, row, output } = await examine(proxy, key);
    expect(row("stream")).toMatch(
      /^fail stream 13 events at once, \d+ ms after the Worker began its answer → A proxy holds the stream back\. Turn its buffering off/,
    );
    expect(output).toContain("  5 ok, 1 fail, 2 skip\n");
    expect(code).toBe(1);
    expect((await examine(workerd.url("fine"), key)).row("stream")).toMatch(/^ok stream 13 events, .* over \d+ ms$/);
  });
});

describe("the doctor tells how it is asked when it is", () => {
  test.each([[[]], [["ftp://x"]], [["http://"]], [["http://x", "k", "more"]], [["http://x", "--seconds", "0"]]])(
    "given %j",
    async (args) => {
      const { code, output } = await examine(...args);
      expect(output).toContain("Usage: npm run doctor -- <url> [key] [--seconds 10]");
      expect(code).toBe(2);
    },
  );
});

/** Events over a bit more than a second, and the end. */
async function* paceEvents(): AsyncGenerator<string> {
  for (let index = 0; index < 12; index++) {
    yield `data: {"type":"response.output_text.delta"}\n\n`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  yield 'data: {"type":"response.completed","response":{}}\n\n';
}
