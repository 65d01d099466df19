import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../support/project-paths.ts";
import { type DevServer, startDev } from "../support/start-dev.ts";

/** A finding of llmprobe: `MUST` for what no server may do otherwise. */
interface Failure {
  id: string;
  severity: string;
  message: string;
}

interface Report {
  conformance: {
    bySurface: { surface: string; passed: number; total: number }[];
    inconclusive: unknown[];
    results: { failures?: Failure[] }[];
  };
}

/** The assertions that fail, and why they may. */
const known = {
  "responses-finish-present":
    "It asks for an answer of one token. The least that OpenAI's own document allows is 16, so the Worker refuses it.",
  "responses-effort-none-no-reasoning":
    "gpt-oss always thinks: effort none is sent as low, and the warning header says so.",
};

describe("llmprobe, against the local server", () => {
  let dev: DevServer;
  let home: string;
  let report: Report;

  beforeAll(async () => {
    dev = await startDev();
    home = await mkdtemp(join(tmpdir(), "llmprobe-"));
    report = await probe(`${dev.url}/openai/v1`, home);
  }, 120_000);

  afterAll(async () => {
    await dev?.stop();
    await rm(home, { recursive: true, force: true });
  });

  it("finds nothing wrong that is not known, and why", () => {
    const failures = report.conformance.results.flatMap((result) => result.failures ?? []);
    const musts = failures.filter(({ severity }) => severity === "MUST");
    expect(musts.map(({ id }) => id)).toEqual(Object.keys(known));
    expect(report.conformance.inconclusive).toEqual([]);
  });

  it("has tried everything it knows of models and responses", () => {
    expect(report.conformance.bySurface).toEqual([
      { surface: "models", passed: 4, total: 4, pct: 100 },
      { surface: "responses", passed: 63, total: 65, pct: expect.any(Number) },
    ]);
  });
});

/** Runs llmprobe to its end, all but the benchmark, and reads its report. It exits with 1 when a MUST fails. */
async function probe(url: string, home: string): Promise<Report> {
  const program = join(projectRoot, "node_modules/llmprobe/bin/dist/llmprobe.mjs");
  const reportPath = join(home, "report.json");
  const options = ["--model", "gpt-oss-20b", "--no-bench", "--no-save", "--save", reportPath, "--timeout", "20"];
  await new Promise<void>((resolve) => {
    execFile(process.execPath, [program, url, ...options], { env: { ...process.env, HOME: home } }, () => resolve());
  });
  return JSON.parse(await readFile(reportPath, "utf8")) as Report;
}
