import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describeMachine } from "./describe-machine.ts";
import { renderTable } from "./render-results.ts";

const path = fileURLToPath(new URL("STATE.md", import.meta.url));

/** What a run of `npm run bench:state` found out; a part that it did not run is empty. */
export interface StateFigures {
  /** MiB on disk of a chain of 300 turns. */
  growth: { version: "before" | "now"; chain: string; mib: number }[];
  /** Milliseconds to the first event, of each kind of request. */
  first: { mode: string; milliseconds: Readonly<Record<(typeof kinds)[number], number>> }[];
}

/** The columns of the first events. */
const kinds = ["a bare Worker", "not stored", "a new thread", "a turn that continues"] as const;

interface Table {
  heading: string;
  /** What is measured, above the table. */
  text: string;
  columns: readonly string[];
  unit: string;
}

const growthTable: Table = {
  heading: "Disk of 300 turns",
  text: "Turns of 4 KiB and 4 KiB, 2.34 MiB said; the disk 15 seconds after the last one. Before threads: the design of version 0.1.0, which stored a whole context with each response.",
  columns: ["before threads", "now"],
  unit: "MiB",
};

const firstTable: Table = {
  heading: "Time to the first event",
  text: "Upstream's first token comes after 100 ms. The median of nine rounds of twelve requests, one at a time.",
  columns: kinds,
  unit: "ms",
};

/** Rows of a table: their names → their figures; NaN where there is none. */
export type Figures = ReadonlyMap<string, readonly number[]>;

/** The tables of STATE.md. */
export async function readStatePage(): Promise<{ growth: Figures; first: Figures }> {
  const page = await readFile(path, "utf8").catch(() => "");
  return { growth: readTable(page, growthTable), first: readTable(page, firstTable) };
}

/** Writes what a run measured into STATE.md. What it did not measure stays as it was. */
export async function writeStatePage({ growth, first }: StateFigures): Promise<void> {
  const page = await readFile(path, "utf8").catch(() => "");
  const disks = new Map(readTable(page, growthTable));
  for (const { version, chain, mib } of growth) {
    const [before = Number.NaN, now = Number.NaN] = disks.get(chain) ?? [];
    disks.set(chain, version === "before" ? [mib, now] : [before, mib]);
  }
  const times = new Map(readTable(page, firstTable));
  for (const { mode, milliseconds } of first) {
    times.set(
      mode,
      kinds.map((kind) => milliseconds[kind]),
    );
  }
  await writeFile(
    path,
    `# Results of \`npm run bench:state\`

What state is, and what it costs: [docs/state.md](../../docs/state.md). A run writes the parts that it measured; the others stay.

${renderSection(growthTable, disks, growth.length > 0 ? describeMachine() : readMachine(page, growthTable))}
${renderSection(firstTable, times, first.length > 0 ? describeMachine() : readMachine(page, firstTable))}`,
  );
}

function renderSection({ heading, text, columns, unit }: Table, figures: Figures, machine: string): string {
  const rows = [...figures].map(([name, values]) =>
    [name].concat(values.map((value) => (Number.isNaN(value) ? "–" : `${value.toFixed(1)} ${unit}`))),
  );
  return `## ${heading}\n\n${text}\n\n${machine}\n\n${renderTable(["", ...columns], rows)}\n`;
}

function sectionOf(page: string, { heading }: Table): string {
  return page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
}

function readTable(page: string, table: Table): Figures {
  return new Map(
    sectionOf(page, table)
      .split("\n")
      .filter((line) => /^\|.*\d/.test(line))
      .map((line) => line.split("|").map((cell) => cell.trim()))
      .map(([, name = "", ...cells]) => [
        name,
        table.columns.map((_column, index) => Number.parseFloat(cells[index] ?? "")),
      ]),
  );
}

/** The paragraph before the table. */
function readMachine(page: string, table: Table): string {
  return sectionOf(page, table).split("\n\n")[1] ?? "";
}
