import type { NativeRequest } from "../call.ts";
import { isRecord } from "../protocol/json.ts";
import { optionalFields } from "../protocol/request.ts";

/** Fields of `reasoning` that the schema names as optional. */
const optionalInReasoning: ReadonlySet<string> = new Set(["effort", "summary"]);

/**
 * What the model's Responses branch gets: the client's document less `model`, less what this Worker serves itself, and
 * less every optional field that is `null`, since that means unset and upstream's schema knows no null.
 */
export function convertInputs({
  model: _model,
  previous_response_id: _previousId,
  background: _background,
  conversation: _conversation,
  ...document
}: NativeRequest): object {
  const inputs = withoutUnset(document, optionalFields);
  const { reasoning } = inputs;
  // Put back in its place: `Object.fromEntries` keeps the order of the fields.
  return isRecord(reasoning) && Object.values(reasoning).includes(null)
    ? Object.fromEntries(
        Object.entries(inputs).map(([field, value]) =>
          field === "reasoning" ? [field, withoutUnset(reasoning, optionalInReasoning)] : [field, value],
        ),
      )
    : inputs;
}

function withoutUnset(fields: object, optional: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([field, value]) => value !== null || !optional.has(field)));
}
