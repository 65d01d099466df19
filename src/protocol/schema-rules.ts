import * as z from "zod/mini";

/** A finding that has an error code of its own. `path` leads from the checked value to the field that is wrong. */
export interface Finding {
  code: string;
  message: string;
  path?: PropertyKey[];
}

/** A check whose finding becomes the client's error with its own code and message. */
export function rule<Value>(find: (value: Value) => Finding | undefined): z.core.$ZodCheck<Value> {
  return z.check<Value>((payload) => {
    const found = find(payload.value);
    if (found === undefined) return;
    const { code, message, path = [] } = found;
    payload.issues.push({ code: "custom", message, path, params: { code }, input: payload.value });
  });
}

/** A list of at most `most` elements. Counted before any element is looked at. */
export function listOf<Element extends z.core.$ZodType>(element: Element, most: number, name: string) {
  const counted = z.unknown().check(
    rule((value) =>
      Array.isArray(value) && value.length > most
        ? {
            code: "array_above_max_length",
            message: `The field \`${name}\` has ${value.length} elements: at most ${most} are accepted.`,
          }
        : undefined,
    ),
  );
  return z.pipe(counted, z.array(element));
}

/** A text of at most `most` UTF-16 code units. */
export function textUpTo(most: number, name: string) {
  return z.string().check(
    rule((value) =>
      value.length > most
        ? {
            code: "string_above_max_length",
            message: `The field \`${name}\` has ${value.length} characters: at most ${most} are accepted.`,
          }
        : undefined,
    ),
  );
}

/** A text that may be left out, or null. */
export const optionalText = z.nullish(z.string());

/** What ties a call to its output: the id of either kind. */
export const callIdentity = { id: optionalText, call_id: optionalText };

/** A number from `least` to `most`, both included. */
export function between(least: number, most: number) {
  return z.number().check(z.gte(least), z.lte(most));
}

/** What metadata may be (github.com/openai/openai-openapi, `Metadata`), lengths in UTF-16 code units. */
const mostPairs = 16;
const longestKey = 64;
const longestValue = 512;

/** Metadata of a response or a conversation. */
export const Metadata = z.record(z.string(), z.string()).check(
  rule((metadata) => {
    const pairs = Object.entries(metadata);
    if (pairs.length > mostPairs) {
      return {
        code: "object_above_max_properties",
        message: `The field \`metadata\` has ${pairs.length} pairs: at most ${mostPairs} are accepted.`,
      };
    }
    const longKey = pairs.find(([key]) => key.length > longestKey)?.[0];
    if (longKey !== undefined) {
      return {
        code: "property_name_above_max_length",
        message: `A key in \`metadata\` has ${longKey.length} characters: at most ${longestKey} are accepted.`,
      };
    }
    const [key, value] = pairs.find(([, text]) => text.length > longestValue) ?? [];
    if (key === undefined || value === undefined) return undefined;
    return {
      code: "string_above_max_length",
      path: [key],
      message: `The value of \`metadata.${key}\` has ${value.length} characters: at most ${longestValue} are accepted.`,
    };
  }),
);
