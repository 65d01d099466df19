import type { KeyListRpc } from "../access/key-rpc.ts";
import type { Bindings } from "../bindings.ts";
import { misconfigured } from "../errors.ts";
import type { UsageTotalsRpc } from "../metering/usage-totals.ts";

/** The one directory there is. Throws when it is not bound. */
export function findDirectory({ KEY_DIRECTORY: directory }: Bindings): KeyListRpc & UsageTotalsRpc {
  if (directory !== undefined) return directory.getByName("directory");
  throw misconfigured(
    "KEY_DIRECTORY",
    "The routes of the admin need the Durable Object class KeyDirectory bound as KEY_DIRECTORY in wrangler.toml.",
  );
}

/** The objects of managed keys. Throws when they are not bound. */
export function findKeys({ KEYS: keys }: Bindings) {
  if (keys !== undefined) return keys;
  throw misconfigured("KEYS", "Managed keys need the Durable Object class ManagedKey bound as KEYS in wrangler.toml.");
}
