import { type JsonObject, isObject, readObject, readObjects, readText, readTexts } from "../api/json.ts";
import type { ApiDocument } from "./document.ts";
import { Prose } from "./prose.tsx";

interface SchemaViewProps {
  schema: JsonObject;
  api: ApiDocument;
  depth: number;
}

/** A schema's fields, or its alternatives; what is inside them opens on demand, so that recursion does no harm. */
export function SchemaView({ schema, api, depth }: SchemaViewProps) {
  const resolved = api.resolve(schema);
  const alternatives = [...readObjects(resolved["anyOf"]), ...readObjects(resolved["oneOf"])];
  if (alternatives.length > 0) {
    return (
      <div class="alternatives">
        <Prose text={readText(resolved["description"])} />
        {alternatives.map((alternative, index) => (
          <Opening key={index} title={describeType(alternative, api)} schema={alternative} api={api} depth={depth} />
        ))}
      </div>
    );
  }
  if (resolved["type"] === "array")
    return <SchemaView schema={readObject(resolved["items"])} api={api} depth={depth} />;
  const fields = Object.entries(readObject(resolved["properties"]));
  const required = readTexts(resolved["required"]);
  return (
    <div>
      {depth === 0 && <Prose text={readText(resolved["description"])} />}
      <dl class="fields-list">
        {fields.map(([name, field]) => (
          <Field
            key={name}
            name={name}
            field={readObject(field)}
            isRequired={required.includes(name)}
            api={api}
            depth={depth}
          />
        ))}
      </dl>
    </div>
  );
}

interface FieldProps {
  name: string;
  field: JsonObject;
  isRequired: boolean;
  api: ApiDocument;
  depth: number;
}

function Field({ name, field, isRequired, api, depth }: FieldProps) {
  const resolved = api.resolve(field);
  return (
    <div>
      <dt>
        <code>{name}</code>
        <span class="note">
          {describeType(field, api)}
          {isRequired && ", required"}
        </span>
      </dt>
      <dd>
        <Prose text={readText(field["description"]) || readText(resolved["description"])} />
        {Array.isArray(resolved["enum"]) && (
          <p class="enum">
            {resolved["enum"].map((value) => (
              <code key={String(value)}>{JSON.stringify(value)}</code>
            ))}
          </p>
        )}
        {hasParts(resolved, api) && <Opening title="Its fields" schema={field} api={api} depth={depth + 1} />}
      </dd>
    </div>
  );
}

function Opening({ title, schema, api, depth }: SchemaViewProps & { title: string }) {
  return (
    <details class="opening">
      <summary>{title}</summary>
      <SchemaView schema={schema} api={api} depth={depth} />
    </details>
  );
}

function hasParts(schema: JsonObject, api: ApiDocument): boolean {
  if (schema["type"] === "array") return hasParts(api.resolve(readObject(schema["items"])), api);
  const alternatives = [...readObjects(schema["anyOf"]), ...readObjects(schema["oneOf"])];
  return isObject(schema["properties"]) || alternatives.some((part) => hasParts(api.resolve(part), api));
}

/** The type of a schema in a few words. */
export function describeType(schema: JsonObject, api: ApiDocument): string {
  const resolved = api.resolve(schema);
  const title = readText(resolved["title"]);
  if (title !== "") return title;
  const { type, const: value } = resolved;
  if (value !== undefined) return JSON.stringify(value);
  if (type === "array") return `array of ${describeType(readObject(resolved["items"]), api)}`;
  if (Array.isArray(type)) return type.join(" or ");
  if (typeof type === "string") return type;
  const alternatives = [...readObjects(resolved["anyOf"]), ...readObjects(resolved["oneOf"])];
  return alternatives.length === 0
    ? "anything"
    : [...new Set(alternatives.map((part) => describeType(part, api)))].join(" or ");
}
