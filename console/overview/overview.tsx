import { useSignal } from "@preact/signals";
import { KeyRound, RefreshCw } from "lucide";
import { useEffect } from "preact/hooks";
import { type CallError, toCallError } from "../api/call-error.ts";
import { readObjects } from "../api/json.ts";
import { adminKey, apiKey } from "../api/keys.ts";
import { sendJson, sendJsonToPath } from "../api/send.ts";
import { isKeyOpen } from "../app/layout.ts";
import { ErrorCard } from "../chat/error-card.tsx";
import { Icon } from "../ui/icon.tsx";
import { KeysSection } from "./keys-section.tsx";
import { type OverviewData, readDay, readOverview } from "./read-overview.ts";
import { UsageSection } from "./usage-section.tsx";

/** With the admin key: all keys, what they spend, errors and latency. Without it: what the own key has used. */
export function Overview() {
  const data = useSignal<OverviewData | undefined>(undefined);
  const error = useSignal<CallError | undefined>(undefined);
  const isAdmin = adminKey.value !== "";
  const load = async () => {
    try {
      data.value = isAdmin ? await loadAll() : await loadOwn();
      error.value = undefined;
    } catch (thrown) {
      error.value = toCallError(thrown);
    }
  };
  useEffect(() => {
    data.value = undefined;
    void load();
  }, [isAdmin, adminKey.value, apiKey.value]);

  return (
    <div class="overview">
      <div class="overview-head">
        <div>
          <h1>{isAdmin ? "Overview" : "Your usage"}</h1>
          <p class="note">
            {isAdmin ? "All keys of this Worker, the last 30 days." : "What this key has used in the last 30 days."}
          </p>
        </div>
        <button type="button" class="ghost" aria-label="Load again" title="Load again" onClick={() => void load()}>
          <Icon node={RefreshCw} size={17} />
        </button>
      </div>
      {error.value !== undefined && <ErrorCard error={error.value} onRetry={() => void load()} />}
      {data.value !== undefined && (
        <>
          <UsageSection data={data.value} isAdmin={isAdmin} />
          {isAdmin && <KeysSection keys={data.value.keys} onChange={load} />}
        </>
      )}
      {!isAdmin && (
        <p class="notice">
          With the admin key this page shows all keys, their budgets, errors and latency.{" "}
          <button type="button" class="link" onClick={() => (isKeyOpen.value = true)}>
            <Icon node={KeyRound} size={14} /> Enter the admin key
          </button>
        </p>
      )}
    </div>
  );
}

async function loadAll(): Promise<OverviewData> {
  return readOverview(await sendJsonToPath({ path: "/admin/overview", key: adminKey.value }));
}

async function loadOwn(): Promise<OverviewData> {
  const usage = await sendJson({ path: "/usage" });
  return {
    keys: [],
    days: readObjects(usage["data"]).map(readDay),
    errors: [],
    latency: { p50: undefined, p95: undefined },
  };
}
