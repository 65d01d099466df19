import type { Finding } from "./finding.ts";

/** Writes findings as a table for a terminal: verdict, check, time, what was seen, and below it what to do. */
export function renderFindings(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ name, verdict, saw, advice, milliseconds }) => {
    const time = milliseconds === undefined ? "" : `${milliseconds} ms`;
    const line = `  ${verdict.padEnd(4)}  ${name.padEnd(9)}  ${time.padStart(8)}  ${toPlainText(saw)}`;
    return advice === undefined ? [line] : [line, `${" ".repeat(29)}→ ${toPlainText(advice)}`];
  });
  return [...lines, "", `  ${summarize(findings)}`, ""].join("\n");
}

function summarize(findings: readonly Finding[]): string {
  const count = (verdict: Finding["verdict"]): number =>
    findings.filter((finding) => finding.verdict === verdict).length;
  const others = (["warn", "fail", "skip"] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `, ${count(verdict)} ${verdict}`);
  return `${count("ok")} ok${others.join("")}`;
}

/** What a server sent must not steer the terminal. */
function toPlainText(text: string): string {
  return text.replaceAll(/\p{C}/gu, "?").slice(0, 300);
}
