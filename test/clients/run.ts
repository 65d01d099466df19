/**
 * Runs every client against the Worker and prints a table of capability × client, then `N passed, N failed`.
 * `npm run test:clients -- openai codex` runs only those. Exits with 1 when a case failed or did not run, or when
 * docs/clients.md has another table; `--write` writes it there.
 */
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { buildBundle } from "../support/build-bundle.ts";
import { bundlePathVariable } from "./support/bundle-path.ts";
import { type Capability, capabilities } from "./support/capabilities.ts";
import { isOnPage, writePage } from "./support/clients-page.ts";

const wanted = process.argv.slice(2).filter((argument) => argument !== "--write");
const mayWrite = process.argv.includes("--write");
const clients = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => basename(file, ".test.ts"))
  .filter((client) => wanted.length === 0 || wanted.includes(client));

const { directory, entryPath } = await buildBundle();
process.env[bundlePathVariable] = entryPath;

/** Client → the packages it consists of. */
const packages = new Map<string, string>();
/** The cell of a capability that the client itself does not have, and of one that it was not tried with. */
const noSuchThing = "-";
const notTried = "not tried";
/** Client and capability → what was seen. */
const seen = new Map<string, string>();
/** Clients whose files ended well. One that has no cases could not run here, and has said why. */
const ended = new Set<string>();

interface Outcome {
  name: string;
  nesting: number;
  /** The client's own file; `file` is the one that registers all cases. */
  entryFile?: string;
  file?: string;
  classname?: string;
}

function record({ name, nesting, file = "", entryFile = file, classname = "" }: Outcome, result: string): void {
  const client = basename(entryFile, ".test.ts");
  if (nesting === 0) {
    // The suite itself, or a file without any.
    if (result !== "FAILED") ended.add(client);
    return;
  }
  packages.set(client, classname);
  seen.set(`${client}: ${name}`, result);
}

const events = run({
  files: clients.map((client) => join(import.meta.dirname, `${client}.test.ts`)),
  concurrency: availableParallelism(),
});
events.on("test:pass", (data) => {
  if (data.skip !== undefined) record(data, notTried);
  else record(data, data.todo === undefined ? `${Math.round(data.details.duration_ms)} ms` : noSuchThing);
});
events.on("test:fail", (data) => record(data, "FAILED"));
const report = events.compose(new spec());
report.pipe(process.stdout);
await finished(report);
await rm(directory, { recursive: true, force: true });

const absent = clients.filter((client) => ended.has(client) && !packages.has(client));
const present = clients.filter((client) => !absent.includes(client));
const rows = capabilities.map((capability) => [
  capability,
  ...present.map((client) => seen.get(`${client}: ${capability}`) ?? "did not run"),
]);
const table = [["", ...present], ...rows];
const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
console.log();
for (const row of table)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(" | ")
      .trimEnd(),
  );
console.log();
for (const client of present) console.log(`${client}: ${packages.get(client) ?? "did not start"}`);
for (const client of absent) console.log(`${client}: not run here`);

const cells = rows.flatMap((row) => row.slice(1));
const passed = cells.filter((cell) => cell.endsWith(" ms")).length;
let failed = cells.filter((cell) => cell !== noSuchThing && cell !== notTried).length - passed;

const shown = present.map((client) => ({
  packages: packages.get(client) ?? client,
  has: (capability: Capability) => {
    const cell = seen.get(`${client}: ${capability}`);
    return cell === notTried ? undefined : cell?.endsWith(" ms") === true;
  },
}));
if (mayWrite && failed === 0) await writePage(shown);
if (!(await isOnPage(shown))) {
  console.log("\ndocs/clients.md has another table: npm run test:clients -- --write, then npm run format.");
  failed += 1;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
