import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BarGroup, drawBars } from "./draw-bars.ts";
import { type Figures, readStatePage } from "./state-page.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const docs = join(here, "../../docs");

/** Case → the CPU of both sides, of the table below a heading, or of the page's only one. */
function readCpu(page: string, heading?: string): Map<string, [number, number]> {
  const section = heading === undefined ? page : (page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "");
  return new Map(
    section.split("\n").flatMap((line) => {
      const [name, , , cpu = ""] = line
        .split("|")
        .slice(1)
        .map((cell) => cell.trim());
      const [, baseline, measured] = /^([\d.]+) → ([\d.]+)$/.exec(cpu) ?? [];
      return name === undefined || measured === undefined ? [] : [[name, [Number(baseline), Number(measured)]]];
    }),
  );
}

/** A group of bars for each row of a table of STATE.md; the first column is what the others are compared with. */
function groupRows(figures: Figures, columns: readonly string[]): BarGroup[] {
  return [...figures].map(([row, values]) => ({
    // A picture has no code.
    name: row.replaceAll("`", ""),
    bars: columns.map((name, index) => ({ name, value: values[index] ?? Number.NaN, isOurs: index > 0 })),
  }));
}

/** Draws the tables of RESULTS.md, PEERS.md and STATE.md: name of a file in docs/ → its SVG. */
export async function drawCharts(): Promise<Map<string, string>> {
  const results = await readFile(join(here, "RESULTS.md"), "utf8");
  const peers = await readFile(join(here, "PEERS.md"), "utf8");
  const compat = [...readCpu(results, "Compat mode").values()];
  const besideBare = [...readCpu(results, "Native mode")]
    .filter(([name]) => name !== "1 MB request")
    .map(([name, [bare, native]], index): BarGroup => {
      const [, translated = Number.NaN] = compat[index] ?? [];
      return {
        name,
        bars: [
          { name: "a bare Worker", value: bare, isOurs: false },
          { name: "this one, native", value: native, isOurs: true },
          { name: "this one, compat", value: translated, isOurs: true },
        ],
      };
    });
  const besidePeer = [...readCpu(peers)].map(([name, [portkey, native]]): BarGroup => ({
    name,
    bars: [
      { name: "Portkey's gateway", value: portkey, isOurs: false },
      { name: "this one, native", value: native, isOurs: true },
    ],
  }));
  const state = await readStatePage();
  const first = ["a bare Worker", "nothing stored", "a new thread", "a continued response"];
  return new Map([
    ["state-growth.svg", drawBars("Disk of 300 turns", "MiB", groupRows(state.growth, ["before threads", "now"]))],
    [
      "first-event.svg",
      drawBars("Time to the first event, before a model that thinks for 100 ms", "ms", groupRows(state.first, first)),
    ],
    ["bench-bare.svg", drawBars("CPU of a request, before a model that answers at once", "ms", besideBare)],
    ["bench-peer.svg", drawBars("CPU of a request in the gateway's process", "ms", besidePeer)],
  ]);
}

/** Writes the charts that the docs show. */
export async function writeCharts(): Promise<void> {
  for (const [name, svg] of await drawCharts()) await writeFile(join(docs, name), svg);
}
