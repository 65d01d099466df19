import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startWorkerd } from "../support/start-workerd.ts";

/** Answers with a setting, with what a neighbour's RPC method says, and with a count kept in SQLite. */
const moduleText = `
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
export class Counter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS visit (at INTEGER)");
  }
  visit() {
    this.ctx.storage.sql.exec("INSERT INTO visit VALUES (1)");
    return this.ctx.storage.sql.exec("SELECT count(*) AS visits FROM visit").one().visits;
  }
}
export class Limiter extends WorkerEntrypoint {
  limit({ key }) {
    return { success: key !== "greedy" };
  }
}
export default {
  async fetch(request, env) {
    const key = new URL(request.url).pathname.slice(1);
    console.log("asked by " + key);
    const { success } = await env.RATE_LIMITER.limit({ key });
    return Response.json({ setting: env.SETTING, success, visits: await env.COUNTER.getByName("one").visit() });
  },
};`;

const upstreamAddress = "127.0.0.1:1";
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "start-workerd-"));
  await writeFile(join(directory, "worker.js"), moduleText);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test("gives a Worker its settings, a stand-in service, and storage that outlives the process", async () => {
  const setting = 'a "quoted" \\ žluťoučký\n\u001b line';
  for (const [key, success, visits] of [
    ["alice", true, 1],
    ["greedy", false, 2],
  ] as const) {
    const workerd = await startWorkerd({
      workers: [
        {
          name: "main-worker",
          modulePath: join(directory, "worker.js"),
          vars: { SETTING: setting },
          services: [{ binding: "RATE_LIMITER", service: "limiter", entrypoint: "Limiter" }],
          durableObjects: [{ binding: "COUNTER", className: "Counter" }],
        },
        { name: "limiter", modulePath: join(directory, "worker.js") },
      ],
      upstreamAddress,
      storagePath: join(directory, "storage"),
    });
    try {
      const response = await fetch(`${workerd.url()}/${key}`);
      expect(await response.json()).toEqual({ setting, success, visits });
      expect(workerd.port("limiter")).not.toBe(workerd.port("main-worker"));
      expect(workerd.output()).toContain(`asked by ${key}`);
    } finally {
      await workerd.stop();
    }
    await expect(fetch(workerd.url())).rejects.toThrow("fetch failed");
  }
});

test("reports workerd's own words for a module it can't run", async () => {
  const modulePath = join(directory, "broken.js");
  await writeFile(modulePath, "export default {");
  await expect(startWorkerd({ workers: [{ name: "broken", modulePath }], upstreamAddress })).rejects.toThrow(
    "SyntaxError",
  );
});

test("runs the production bundle", async () => {
  const workerd = await startWorkerd({ workers: [{ name: "api", modulePath: inject("bundlePath") }], upstreamAddress });
  try {
    expect((await fetch(`${workerd.url()}/health`)).status).toBe(200);
  } finally {
    await workerd.stop();
  }
});
