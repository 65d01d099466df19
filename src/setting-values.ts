import * as z from "zod/mini";

/** A `[vars]` entry may be a TOML string, number or boolean. */
export const text = z.pipe(
  z.union([z.string(), z.number(), z.boolean()], "must be text"),
  z.transform((value) => String(value).trim()),
);

/** A whole number of `unit` between `low` and `high`, both included. */
export function wholeNumber(low: number, high: number, unit: string) {
  return z.pipe(
    text,
    z
      .string()
      .check(
        z.refine(
          (value) => /^\d{1,15}$/.test(value) && Number(value) >= low && Number(value) <= high,
          `must be a whole number of ${unit} from ${low} to ${high}`,
        ),
      ),
  );
}

/** A list of what `pattern` describes. */
export function commaSeparated(pattern: RegExp, what: string) {
  return z.pipe(
    z.pipe(
      text,
      z.transform((value) => value.split(",").map((part) => part.trim())),
    ),
    z.array(z.string().check(z.regex(pattern, `must be a comma separated list of ${what}`))),
  );
}

/** A URL to post to. */
export const httpsUrl = z.pipe(
  text,
  z
    .string()
    .check(
      z.refine(
        (value) => URL.canParse(value) && new URL(value).protocol === "https:",
        "must be a URL that begins with https://",
      ),
    ),
);

/** What signs webhooks, as Standard Webhooks and OpenAI's SDKs write it. */
export const webhookSecret = z
  .string()
  .check(
    z.regex(
      /^whsec_(?=.{32,})(?:[\dA-Za-z+/]{4})*(?:[\dA-Za-z+/]{2}==|[\dA-Za-z+/]{3}=)?$/,
      "must be whsec_ and at least 24 bytes in base64",
    ),
  );
