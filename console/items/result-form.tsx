import { SendHorizontal } from "lucide";
import { useState } from "preact/hooks";
import { isObject, type JsonObject, readTexts } from "../api/json.ts";
import { Icon } from "../ui/icon.tsx";

interface ResultFormProps {
  /** The tool's `output_schema`; without one the result is a text. */
  schema: JsonObject | undefined;
  /** True when sending this result sends the turn. */
  isLast: boolean;
  onSend: (output: string) => void;
}

/** A form for the result of a tool call: a field for each property of the schema, or one for any text. */
export function ResultForm({ schema, isLast, onSend }: ResultFormProps) {
  const fields = Object.entries(isObject(schema?.["properties"]) ? schema["properties"] : {});
  const [values, setValues] = useState<JsonObject>({});
  const [text, setText] = useState("");
  const required = readTexts(schema?.["required"]);
  const isReady = fields.length === 0 ? text.trim() !== "" : required.every((name) => values[name] !== undefined);
  const send = () => onSend(fields.length === 0 ? text : JSON.stringify(values));
  const set = (name: string, value: unknown) => {
    const { [name]: _old, ...rest } = values;
    setValues(value === undefined ? rest : { ...rest, [name]: value });
  };
  return (
    <form
      class="result-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) send();
      }}
    >
      {fields.length === 0 ? (
        <label class="field">
          Result
          <textarea
            class="code"
            rows={2}
            value={text}
            placeholder="What your program would answer"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
      ) : (
        <div class="fields">
          {fields.map(([name, property]) => (
            <ResultField
              key={name}
              name={name}
              schema={isObject(property) ? property : {}}
              isRequired={required.includes(name)}
              onChange={(value) => set(name, value)}
            />
          ))}
        </div>
      )}
      <button type="submit" class="primary small" disabled={!isReady}>
        <Icon node={SendHorizontal} size={14} /> {isLast ? "Send result" : "Keep result"}
      </button>
    </form>
  );
}

interface ResultFieldProps {
  name: string;
  schema: JsonObject;
  isRequired: boolean;
  /** Undefined when the field is empty, or holds nothing that fits. */
  onChange: (value: unknown) => void;
}

function ResultField({ name, schema, isRequired, onChange }: ResultFieldProps) {
  const { type, enum: choices } = schema;
  const label = (
    <span>
      {name}
      {isRequired ? "" : <span class="note"> optional</span>}
    </span>
  );
  if (Array.isArray(choices)) {
    return (
      <label class="field">
        {label}
        <select
          onChange={({ currentTarget }) =>
            onChange(currentTarget.value === "" ? undefined : choices[Number(currentTarget.value)])
          }
        >
          <option value="">Choose</option>
          {choices.map((choice, index) => (
            <option key={index} value={index}>
              {String(choice)}
            </option>
          ))}
        </select>
      </label>
    );
  }
  if (type === "boolean") {
    return (
      <label class="field">
        {label}
        <select
          onChange={({ currentTarget }) =>
            onChange(currentTarget.value === "" ? undefined : currentTarget.value === "true")
          }
        >
          <option value="">Choose</option>
          <option value="true">true</option>
          <option value="false">false</option>
        </select>
      </label>
    );
  }
  const isNumber = type === "number" || type === "integer";
  const isJson = type !== "string" && !isNumber;
  const onInput = ({ currentTarget }: { currentTarget: HTMLInputElement }) =>
    onChange(readValue(currentTarget.value, type));
  return (
    <label class="field">
      {label}
      {isNumber ? (
        <input type="number" step={type === "number" ? "any" : 1} onInput={onInput} />
      ) : (
        <input type="text" class={isJson ? "code" : ""} placeholder={isJson ? "JSON" : ""} onInput={onInput} />
      )}
    </label>
  );
}

/** What stands in a field, as the schema's type; undefined when it does not fit. */
function readValue(text: string, type: unknown): unknown {
  if (text === "") return undefined;
  if (type === "string") return text;
  if (type === "number" || type === "integer") return Number.isFinite(Number(text)) ? Number(text) : undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
