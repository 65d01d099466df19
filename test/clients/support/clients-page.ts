import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../support/project-paths.ts";
import type { Capability } from "./capabilities.ts";

const path = join(projectRoot, "docs/clients.md");
const [begin, end] = ["<!-- written by npm run test:clients -->", "<!-- until here -->"];

/** What the page calls each capability; those in one column count as one. */
const columns: Record<string, readonly Capability[]> = {
  "text, stream": ["text", "streaming"],
  "tool calls, also parallel": ["one tool round trip", "two parallel tool calls"],
  "`shell`, `apply_patch`": ["shell, apply_patch, tool_search"],
  "JSON Schema": ["structured output"],
  "history sent again": ["multi-turn"],
  "`previous_response_id`": ["multi-turn, stored history"],
  conversation: ["multi-turn, conversation"],
  "reasoning as it is written": ["reasoning, no summary asked"],
  "summary asked": ["reasoning, summary asked"],
  "errors shown": ["an invalid request", "upstream dies mid-stream"],
  "429 tried again": ["429, then success"],
  "PDF, PNG": ["a PDF and a PNG"],
  "web search": ["a web search"],
  "MCP, approved": ["an MCP call, approved"],
  "cut answer": ["answer cut at the token limit"],
  "leaving ends the call": ["client leaves mid-stream"],
  WebSocket: ["over a WebSocket", "over a WebSocket, tool calls", "over a WebSocket, multi-turn"],
};

/** One client of the table: its packages with their versions, and which capabilities it was seen to have. */
export interface ClientRow {
  packages: string;
  /** Undefined for one that it was not tried with. */
  has: (capability: Capability) => boolean | undefined;
}

/** The table of docs/clients.md, a line for each client. */
function renderTable(rows: readonly ClientRow[]): string {
  const names = Object.keys(columns);
  const lines = rows.map(({ packages, has }) => {
    const cells = Object.values(columns).map((capabilities) => renderCell(capabilities.map(has)));
    return `| ${[packages, ...cells].join(" | ")} |`;
  });
  return [`| client | ${names.join(" | ")} |`, `|${" --- |".repeat(names.length + 1)}`, ...lines].join("\n");
}

function renderCell(seen: readonly (boolean | undefined)[]): string {
  if (seen.includes(undefined)) return "";
  return seen.every(Boolean) ? "yes" : "–";
}

/** Writes the table into the page. */
export async function writePage(rows: readonly ClientRow[]): Promise<void> {
  const [before, , after] = await readPage();
  await writeFile(path, `${before}${begin}\n\n${renderTable(rows)}\n\n${end}${after}`);
}

/** Whether the page has this table, however its columns are padded. Rows of clients that were not run may be there too. */
export async function isOnPage(rows: readonly ClientRow[]): Promise<boolean> {
  const [, table] = await readPage();
  const shown = new Set(table.split("\n").map(squeeze));
  return renderTable(rows)
    .split("\n")
    .filter((line) => !line.includes("---"))
    .every((line) => shown.has(squeeze(line)));
}

async function readPage(): Promise<[string, string, string]> {
  const text = await readFile(path, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to === -1) throw new Error(`${path} has no place for the table`);
  return [text.slice(0, from), text.slice(from + begin.length, to), text.slice(to + end.length)];
}

function squeeze(line: string): string {
  return line.replaceAll(/\s+/g, " ").trim();
}
