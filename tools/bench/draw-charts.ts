import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BarGroup, drawBars } from "./draw-bars.ts";

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

/** Draws the tables of RESULTS.md and PEERS.md: name of a file in docs/ → its SVG. */
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
  return new Map([
    ["bench-bare.svg", drawBars("CPU of a request, before a model that answers at once", "ms", besideBare)],
    ["bench-peer.svg", drawBars("CPU of a request in the gateway's process", "ms", besidePeer)],
  ]);
}

/** Writes the charts that the docs show. */
export async function writeCharts(): Promise<void> {
  for (const [name, svg] of await drawCharts()) await writeFile(join(docs, name), svg);
}
