import type { KeyListRpc, ManagedKeyRpc } from "./access/key-rpc.ts";
import type { UsageNamespace } from "./metering/usage-rpc.ts";
import type { UsageTotalsRpc } from "./metering/usage-totals.ts";
import type { ObjectNamespace } from "./state/object-namespace.ts";
import type { ResponseIndexRpc } from "./state/open-index.ts";
import type { RunRpc } from "./state/run-rpc.ts";
import type { ThreadRpc } from "./state/thread-rpc.ts";

/** What the runtime binds. Only `AI` must be there: an absent optional binding turns its feature off. */
export interface Bindings {
  AI?: unknown;
  /** The files of `public/`. */
  ASSETS?: Pick<Fetcher, "fetch">;
  RATE_LIMITER?: RateLimit;
  /** Objects of threads: responses and conversations. Without it nothing is stored. */
  THREADS?: ObjectNamespace<ThreadRpc>;
  /** Objects that know where the responses are whose ids upstream made. */
  RESPONSE_INDEX?: ObjectNamespace<ResponseIndexRpc>;
  /** Objects of background runs, by response id. */
  RUNS?: ObjectNamespace<RunRpc>;
  /** What is fetched goes through here instead of out: in development, a stand-in for the web. */
  WEB?: Pick<Fetcher, "fetch">;
  METRICS?: AnalyticsEngineDataset;
  USAGE?: UsageNamespace;
  /** Objects of managed keys, by the hash of the key. */
  KEYS?: ObjectNamespace<ManagedKeyRpc>;
  /** The one object that lists managed keys and what every key has used. */
  KEY_DIRECTORY?: ObjectNamespace<KeyListRpc & UsageTotalsRpc>;
}
