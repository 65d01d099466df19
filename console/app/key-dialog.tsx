import { useSignal } from "@preact/signals";
import { adminKey, apiKey } from "../api/keys.ts";
import { health } from "../api/worker.ts";
import { focusComposer } from "../chat/draft.ts";
import { Dialog } from "../ui/dialog.tsx";
import { isKeyOpen } from "./layout.ts";

export function KeyDialog() {
  const key = useSignal(apiKey.value);
  const admin = useSignal(adminKey.value);
  return (
    <Dialog title="Keys" onClose={close}>
      <form
        method="dialog"
        onSubmit={() => {
          apiKey.value = key.value.trim();
          adminKey.value = admin.value.trim();
        }}
      >
        <label class="field">
          API key
          <input
            autofocus
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={key.value}
            placeholder={health.value?.needsKey === false ? "Not needed here" : "sk-…"}
            onInput={({ currentTarget }) => (key.value = currentTarget.value)}
          />
          <span class="note">For chats and your own usage.</span>
        </label>
        <label class="field">
          Admin key
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={admin.value}
            placeholder="Only for the operator"
            onInput={({ currentTarget }) => (admin.value = currentTarget.value)}
          />
          <span class="note">For the overview of all keys.</span>
        </label>
        <p class="note">Both stay in this tab and are forgotten when it closes.</p>
        <div class="actions">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function close(): void {
  isKeyOpen.value = false;
  // After the dialog has given the focus back.
  setTimeout(focusComposer);
}
