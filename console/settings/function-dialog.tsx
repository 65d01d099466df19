import { useSignal } from "@preact/signals";
import { Dialog } from "../ui/dialog.tsx";
import { checkFunction } from "./check-function.ts";
import { exampleFunction } from "./examples.ts";
import { JsonField } from "./json-field.tsx";

interface FunctionDialogProps {
  text: string;
  onSave: (text: string) => void;
  onClose: () => void;
}

/** The editor for a function tool, which checks its schemas as one writes. */
export function FunctionDialog({ text, onSave, onClose }: FunctionDialogProps) {
  const value = useSignal(text);
  const problem = value.value.trim() === "" ? "" : checkFunction(value.value).problem;
  return (
    <Dialog title="Function" onClose={onClose} wide>
      <p class="note">
        The model fills in <code>parameters</code>. With an <code>output_schema</code>, its call shows a form for the
        result.
      </p>
      <JsonField
        name="functions"
        label="Definition"
        rows={18}
        value={value.value}
        placeholder={'{ "name": "get_weather", "parameters": { … } }'}
        check={(given) => checkFunction(given).problem}
        onChange={(given) => (value.value = given)}
      />
      <div class="actions">
        <button type="button" class="ghost" onClick={() => (value.value = JSON.stringify(exampleFunction, null, 2))}>
          Insert an example
        </button>
        <span class="grow" />
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="primary" disabled={problem !== undefined} onClick={() => onSave(value.value)}>
          Save
        </button>
      </div>
    </Dialog>
  );
}
