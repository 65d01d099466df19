import { CircleAlert, CircleCheck } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { isObject, type JsonObject, parseJson } from "../api/json.ts";
import { Icon } from "../ui/icon.tsx";

/** Says whether a structured answer fits the schema that the request asked for. */
export function SchemaVerdict({ text, format }: { text: string; format: JsonObject }) {
  const [verdict, setVerdict] = useState<string | undefined>(undefined);
  useEffect(() => {
    void judge(text, format).then(setVerdict);
  }, [text, format]);
  const isGood = verdict === "";
  return (
    <p class={`verdict ${verdict === undefined ? "pending" : isGood ? "good" : "bad"}`}>
      <Icon node={isGood ? CircleCheck : CircleAlert} size={14} />
      {verdict === undefined ? "Checking" : isGood ? "Fits the schema" : verdict}
    </p>
  );
}

async function judge(text: string, { type, schema }: JsonObject): Promise<string> {
  const value = parseJson(text);
  if (value === undefined) return "Not JSON: the answer may have been cut off";
  if (type !== "json_schema" || !isObject(schema)) return "";
  const { Validator } = await import("@cfworker/json-schema");
  const { valid, errors } = new Validator(schema).validate(value);
  const last = errors.at(-1);
  return valid || last === undefined ? "" : `Does not fit the schema: ${last.error} (${last.instanceLocation})`;
}
