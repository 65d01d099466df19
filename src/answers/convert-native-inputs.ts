import { isRecord, type JsonRecord } from "../protocol/read-value.ts";
import { type CreateRequest, optionalFields } from "../protocol/schema.ts";

/**
 * What the model's Responses branch gets: the client's document less `model`, less what this Worker serves itself, and
 * less every optional field that is `null`, since that means unset and upstream's schema knows no null.
 */
export function convertNativeInputs({
  model: _model,
  previous_response_id: _previousId,
  background: _background,
  conversation: _conversation,
  ...document
}: CreateRequest): object {
  const inputs = Object.entries(document).filter(([field, value]) => value !== null || !optionalFields.has(field));
  const { reasoning } = document;
  return Object.fromEntries(
    isRecord(reasoning)
      ? inputs.map(([field, value]) => (field === "reasoning" ? [field, withoutNulls(reasoning)] : [field, value]))
      : inputs,
  );
}

/** `effort` and `summary` are the fields of `reasoning` the schema names as optional. */
function withoutNulls(reasoning: JsonRecord): object {
  return Object.fromEntries(
    Object.entries(reasoning).filter(([field, value]) => value !== null || (field !== "effort" && field !== "summary")),
  );
}
