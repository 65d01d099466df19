/** `npm run doctor -- <url> [key] [--seconds 10]`: examines a running Worker. Exit code 0: well, 1: not, 2: asked wrongly. */
import { parseArgs } from "node:util";
import { examine } from "./examine.ts";
import { renderFindings } from "./render-findings.ts";

const usage = `Usage: npm run doctor -- <url> [key] [--seconds 10]
The key may also stand in the environment, as API_KEY. A check of a deployed Worker costs some hundred tokens.
`;

function readArguments(): { url: string; key: string | undefined; seconds: number } | undefined {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { seconds: { type: "string" } } });
    const [address, key = process.env["API_KEY"], ...others] = positionals;
    const seconds = Number(values.seconds ?? 10);
    if (address === undefined || others.length > 0 || !(seconds >= 1 && seconds <= 600)) return undefined;
    const { protocol, origin, pathname } = new URL(address.includes("://") ? address : addScheme(address));
    if (protocol !== "http:" && protocol !== "https:") return undefined;
    // SDKs are given the address with /v1, and curl that of a route, so people give them here too.
    return { url: origin + pathname.replace(/\/+(v1(\/.*)?)?$/, ""), key, seconds };
  } catch {
    return undefined;
  }
}

/** `localhost:8787` is what `npm run dev` listens on, and has no certificate. */
function addScheme(address: string): string {
  return `${/^(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(address) ? "http" : "https"}://${address}`;
}

const given = readArguments();
if (given === undefined) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  process.stdout.write(`\n  ${given.url}\n\n`);
  const findings = await examine({ ...given, signal: AbortSignal.timeout(given.seconds * 1_000) });
  process.stdout.write(renderFindings(findings));
  process.exitCode = findings.some(({ verdict }) => verdict === "fail") ? 1 : 0;
}
