import { useSignal } from "@preact/signals";
import { Pencil, Plus, RotateCw, Trash2 } from "lucide";
import { toCallError } from "../api/call-error.ts";
import { readText } from "../api/json.ts";
import { adminKey } from "../api/keys.ts";
import { sendJsonToPath } from "../api/send.ts";
import { shortenModel } from "../api/worker.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { formatCost, formatShort } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { KeyEditor } from "./key-editor.tsx";
import type { KeyRow } from "./read-overview.ts";

type Open =
  | { kind: "none" }
  | { kind: "edit"; row: KeyRow | undefined }
  | { kind: "confirm"; act: "revoke" | "rotate"; row: KeyRow }
  | { kind: "secret"; name: string; key: string };

/** The keys of the Worker: made, shown once, changed, replaced and revoked. */
export function KeysSection({ keys, onChange }: { keys: readonly KeyRow[]; onChange: () => Promise<void> }) {
  const open = useSignal<Open>({ kind: "none" });
  const close = () => (open.value = { kind: "none" });
  const { value } = open;
  return (
    <section class="card plain keys" aria-label="Keys">
      <div class="list-head">
        <h2>Keys</h2>
        <button type="button" class="primary small" onClick={() => (open.value = { kind: "edit", row: undefined })}>
          <Icon node={Plus} size={15} /> New key
        </button>
      </div>
      <div class="table" tabIndex={0} role="region" aria-label="All keys">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Today</th>
              <th scope="col">This month</th>
              <th scope="col">Limits</th>
              <th scope="col">
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {keys.map((row) => (
              <tr key={row.id}>
                <th scope="row">
                  {row.name}
                  <span class="note">{row.isManaged ? expiryOf(row) : "from the configuration"}</span>
                </th>
                <td>
                  <Used
                    tokens={row.used.today_tokens}
                    usd={row.used.today_usd}
                    maxTokens={row.budget.daily_tokens}
                    maxUsd={row.budget.daily_usd}
                    label={`Today's budget of ${row.name}`}
                  />
                </td>
                <td>
                  <Used
                    tokens={row.used.month_tokens}
                    usd={row.used.month_usd}
                    maxTokens={row.budget.monthly_tokens}
                    maxUsd={row.budget.monthly_usd}
                    label={`This month's budget of ${row.name}`}
                  />
                </td>
                <td class="note">{limitsOf(row)}</td>
                <td class="row-actions">
                  {row.isManaged && (
                    <>
                      <button
                        type="button"
                        class="ghost"
                        aria-label={`Change ${row.name}`}
                        title="Change"
                        onClick={() => (open.value = { kind: "edit", row })}
                      >
                        <Icon node={Pencil} size={15} />
                      </button>
                      <button
                        type="button"
                        class="ghost"
                        aria-label={`Replace the secret of ${row.name}`}
                        title="New secret"
                        onClick={() => (open.value = { kind: "confirm", act: "rotate", row })}
                      >
                        <Icon node={RotateCw} size={15} />
                      </button>
                      <button
                        type="button"
                        class="ghost"
                        aria-label={`Revoke ${row.name}`}
                        title="Revoke"
                        onClick={() => (open.value = { kind: "confirm", act: "revoke", row })}
                      >
                        <Icon node={Trash2} size={15} />
                      </button>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {value.kind === "edit" && (
        <KeyEditor
          row={value.row}
          onClose={close}
          onSaved={(name, key) => {
            open.value = key === "" ? { kind: "none" } : { kind: "secret", name, key };
            void onChange();
          }}
        />
      )}
      {value.kind === "confirm" && (
        <Confirm
          {...value}
          onClose={close}
          onDone={(key) => {
            open.value = key === "" ? { kind: "none" } : { kind: "secret", name: value.row.name, key };
            void onChange();
          }}
        />
      )}
      {value.kind === "secret" && <Secret name={value.name} secret={value.key} onClose={close} />}
    </section>
  );
}

interface UsedProps {
  tokens: number;
  usd: number;
  maxTokens: number | undefined;
  maxUsd: number | undefined;
  label: string;
}

/** What was used, and as a bar how much of the budget that is. */
function Used({ tokens, usd, maxTokens, maxUsd, label }: UsedProps) {
  const parts = [maxTokens === undefined ? 0 : tokens / maxTokens, maxUsd === undefined ? 0 : usd / maxUsd];
  const part = Math.min(1, Math.max(...parts));
  const hasBudget = maxTokens !== undefined || maxUsd !== undefined;
  const limits = [
    maxTokens === undefined ? "" : formatShort(maxTokens),
    maxUsd === undefined ? "" : formatCost(maxUsd),
  ].filter((text) => text !== "");
  return (
    <div class="used">
      <span>
        {formatShort(tokens)}{" "}
        <span class="note">
          {formatCost(usd)}
          {limits.length > 0 && ` of ${limits.join(", ")}`}
        </span>
      </span>
      {hasBudget && (
        <span
          class="bar-track"
          role="meter"
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(part * 100)}
        >
          <span class={`bar-fill${part > 0.9 ? " full" : ""}`} style={{ width: `${part * 100}%` }} />
        </span>
      )}
    </div>
  );
}

function expiryOf({ expiresAt }: KeyRow): string {
  if (expiresAt === undefined) return "never expires";
  const date = new Date(expiresAt * 1000).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
  });
  return expiresAt * 1000 < Date.now() ? `expired on ${date}` : `expires on ${date}`;
}

function limitsOf({ requestsPerMinute, models }: KeyRow): string {
  const texts = [
    requestsPerMinute === undefined ? "" : `${requestsPerMinute} a minute`,
    models.map(shortenModel).join(", "),
  ];
  return texts.filter((text) => text !== "").join("; ") || "none";
}

interface ConfirmProps {
  act: "revoke" | "rotate";
  row: KeyRow;
  onClose: () => void;
  onDone: (key: string) => void;
}

function Confirm({ act, row, onClose, onDone }: ConfirmProps) {
  const problem = useSignal("");
  const path = `/admin/keys/${encodeURIComponent(row.id)}`;
  const run = async () => {
    try {
      const call =
        act === "revoke"
          ? ({ path, method: "DELETE" } as const)
          : ({ path: `${path}/rotate`, method: "POST" } as const);
      onDone(readText((await sendJsonToPath({ ...call, key: adminKey.value }))["key"]));
    } catch (error) {
      problem.value = toCallError(error).message;
    }
  };
  return (
    <Dialog title={act === "revoke" ? `Revoke ${row.name}?` : `Replace the secret of ${row.name}?`} onClose={onClose}>
      <p>
        {act === "revoke"
          ? "Whoever uses this key is refused from now on. This can't be undone."
          : "The key keeps its name, its limits and what it has stored. The old secret stops working."}
      </p>
      {problem.value !== "" && (
        <p class="error" role="alert">
          {problem}
        </p>
      )}
      <div class="actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class={act === "revoke" ? "danger-button" : "primary"} onClick={() => void run()}>
          {act === "revoke" ? "Revoke" : "Replace"}
        </button>
      </div>
    </Dialog>
  );
}

function Secret({ name, secret, onClose }: { name: string; secret: string; onClose: () => void }) {
  return (
    <Dialog title={`The key of ${name}`} onClose={onClose}>
      <p>Copy it now. The Worker keeps only its hash and can't show it again.</p>
      <div class="secret">
        <code>{secret}</code>
        <CopyButton label="Copy the key" text="Copy" read={() => secret} />
      </div>
      <div class="actions">
        <button type="button" class="primary" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}
