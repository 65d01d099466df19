/**
 * `npm run bench:storage`: what storage does to the time to the first event of a stream. Two of this Worker in one
 * workerd, with storage on disk and without, asked by turns. Prints the median of each round and of the rounds' ratios.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundle } from "../../test/support/build-bundle.ts";
import { startWorkerd } from "../../test/support/start-workerd.ts";
import { stateObjects } from "../../test/support/state-objects.ts";
import { benchModels } from "./cases.ts";
import { benchKey, median, targetOf } from "./compare.ts";
import { measureFirstByte } from "./measure-first-byte.ts";

const rounds = 9;
const times = 60;

const here = fileURLToPath(new URL(".", import.meta.url));
const storagePath = await mkdtemp(join(tmpdir(), "bench-storage-"));
const { directory, entryPath: modulePath } = await buildBundle();
const vars = { API_KEYS: `bench:${benchKey}`, MODELS: benchModels.join(","), LOG: "off" };
const workerd = await startWorkerd({
  workers: [
    { name: "stateless", modulePath, vars },
    {
      name: "stored",
      modulePath,
      vars,
      durableObjects: stateObjects,
    },
    { name: "upstream", modulePath: join(here, "upstream-worker.js") },
  ],
  upstreamWorker: "upstream",
  storagePath,
});
try {
  const baseline = targetOf(workerd, "stateless");
  const measured = targetOf(workerd, "stored");
  await measureFirstByte({ baseline, measured, times });
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const delay = await measureFirstByte({ baseline, measured, times });
    ratios.push(delay.measured / delay.baseline);
    console.log(
      `round ${round}: ${delay.baseline.toFixed(2)} ms without storage, ${delay.measured.toFixed(2)} ms with`,
    );
  }
  console.log(`first event with storage / without, median of ${rounds} rounds: ${median(ratios).toFixed(3)}`);
} finally {
  await workerd.stop();
  await rm(storagePath, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}
