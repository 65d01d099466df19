import { isObject } from "../api/json.ts";
import { Segmented } from "../ui/segmented.tsx";
import { checkSchema } from "./check-schema.ts";
import { exampleSchema } from "./examples.ts";
import { FieldProblem } from "./field-problem.tsx";
import { JsonField } from "./json-field.tsx";
import { readJsonText } from "./read-json-text.ts";
import { changeSettings, settings } from "./settings.ts";

/** What the answer is to be: text or JSON, and how much of it. */
export function OutputSection() {
  const { format, schema, verbosity } = settings.value;
  return (
    <section class="group">
      <h3>Output</h3>
      <Segmented
        label="Format"
        value={format}
        options={[
          { value: "text", label: "Text" },
          { value: "json_object", label: "JSON" },
          { value: "json_schema", label: "Schema" },
        ]}
        onChange={(value) =>
          changeSettings({
            format: value,
            ...(value === "json_schema" && schema === "" && { schema: JSON.stringify(exampleSchema, null, 2) }),
          })
        }
      />
      {format === "json_schema" && (
        <>
          <JsonField
            name="schema"
            label="JSON Schema"
            rows={10}
            value={schema}
            placeholder={'{ "type": "object", … }'}
            check={checkText}
            onChange={(value) => changeSettings({ schema: value })}
          />
          <FieldProblem name="schema" />
        </>
      )}
      <Segmented
        label="Verbosity"
        value={verbosity}
        options={[
          { value: "", label: "Default" },
          { value: "low", label: "Low" },
          { value: "medium", label: "Medium" },
          { value: "high", label: "High" },
        ]}
        onChange={(value) => changeSettings({ verbosity: value })}
      />
    </section>
  );
}

function checkText(text: string): string | undefined {
  const { value } = { value: undefined, ...readJsonText(text) };
  if (value === undefined) return undefined;
  if (value["type"] === "json_schema" && isObject(value["schema"])) return checkSchema(value["schema"]);
  return checkSchema(value);
}
