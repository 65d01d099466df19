/** `npm run doctor -- <url> [key]`: examines a running Worker. Exit code 0: well, 1: not, 2: asked wrongly. */
import { parseArgs } from "node:util";
import { examine } from "./examine.ts";
import { readAccount, record } from "./record/record.ts";
import { renderFindings } from "./render-findings.ts";

const usage = `Usage: npm run doctor -- <url> [key] [--seconds 10] [--record] [--out <folder>]
The key may also stand in the environment, as API_KEY. A check of a deployed Worker costs some hundred tokens.
--record makes some fifteen calls more and writes what came, with a report, into test/fixtures/upstream/live/<date>.
With CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN it asks the model past the Worker too.
`;

/** A long answer of a slow model takes its time. */
const secondsACall = 180;

interface Given {
  url: string;
  key: string | undefined;
  seconds: number;
  /** Where a recording goes; undefined for none. */
  folder: string | undefined;
}

const options = { seconds: { type: "string" }, record: { type: "boolean" }, out: { type: "string" } } as const;

function readArguments(): Given | undefined {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    const [address, key = process.env["API_KEY"], ...others] = positionals;
    const seconds = Number(values.seconds ?? 10);
    if (address === undefined || others.length > 0 || !(seconds >= 1 && seconds <= 600)) return undefined;
    const { protocol, origin, pathname } = new URL(address.includes("://") ? address : addScheme(address));
    if (protocol !== "http:" && protocol !== "https:") return undefined;
    // SDKs are given the address with /v1, and curl that of a route, so people give them here too.
    const day = new Date().toISOString().slice(0, 10);
    const folder = values.out ?? (values.record === true ? `test/fixtures/upstream/live/${day}` : undefined);
    return { url: origin + pathname.replace(/\/+(v1(\/.*)?)?$/, ""), key, seconds, folder };
  } catch {
    return undefined;
  }
}

/** `localhost:8787` is what `npm run dev` listens on, and has no certificate. */
function addScheme(address: string): string {
  return `${/^(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(address) ? "http" : "https"}://${address}`;
}

/** Records when nothing is wrong: a Worker that fails would be recorded failing. */
async function recordAnswers({ url, key, folder }: Given & { folder: string }): Promise<void> {
  const models = await fetch(`${url}/v1/models`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
  const list: unknown = await models.json();
  const model = String(Object(Array.isArray(Object(list).data) ? Object(list).data[0] : undefined).id);
  const account = readAccount(process.env);
  const written = await record({ url, key, model, account }, { folder, seconds: secondsACall });
  process.stdout.write(`\n  Recorded. The report: ${written}/report.md\n`);
}

const given = readArguments();
if (given === undefined) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  process.stdout.write(`\n  ${given.url}\n\n`);
  const findings = await examine({ ...given, signal: AbortSignal.timeout(given.seconds * 1_000) });
  process.stdout.write(renderFindings(findings));
  const { folder } = given;
  const isWell = !findings.some(({ verdict }) => verdict === "fail");
  if (isWell && folder !== undefined) await recordAnswers({ ...given, folder });
  process.exitCode = isWell ? 0 : 1;
}
