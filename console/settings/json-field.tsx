import { useId } from "preact/hooks";
import type { FieldName } from "./field-error.ts";
import { settingsProblem } from "./problem.ts";
import { readJsonText } from "./read-json-text.ts";

interface JsonFieldProps {
  name: FieldName;
  label: string;
  value: string;
  placeholder: string;
  onChange: (value: string) => void;
  /** Says what is wrong beyond the JSON itself. */
  check?: (text: string) => string | undefined;
  rows?: number;
}

/** A field for JSON that says at once what is wrong, indents by Tab, and can put its text in order. */
export function JsonField({ name, label, value, placeholder, onChange, check, rows = 4 }: JsonFieldProps) {
  const id = useId();
  const problem = value.trim() === "" ? undefined : (readJsonText(value).problem ?? check?.(value));
  const change = (text: string) => {
    if (settingsProblem.value?.field === name) settingsProblem.value = undefined;
    onChange(text);
  };
  return (
    <div class="field json-field">
      <div class="json-head">
        <label for={id}>{label}</label>
        {value.trim() !== "" && problem === undefined && (
          <button type="button" class="ghost" onClick={() => change(JSON.stringify(JSON.parse(value), null, 2))}>
            Format
          </button>
        )}
      </div>
      <textarea
        id={id}
        class="code"
        rows={rows}
        spellcheck={false}
        placeholder={placeholder}
        value={value}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-problem`}
        onInput={({ currentTarget }) => change(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
          event.preventDefault();
          indent(event.currentTarget);
          change(event.currentTarget.value);
        }}
      />
      <p class="error" id={`${id}-problem`} role="status">
        {problem}
      </p>
    </div>
  );
}

/** Begins a line as far in as the one before. */
function indent(field: HTMLTextAreaElement): void {
  const before = field.value.slice(0, field.selectionStart);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const margin = /^\s*/.exec(line)?.[0] ?? "";
  field.setRangeText(
    `\n${margin}${/[{[]\s*$/.test(line) ? "  " : ""}`,
    field.selectionStart,
    field.selectionEnd,
    "end",
  );
}
