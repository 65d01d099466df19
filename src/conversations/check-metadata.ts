import { invalidRequest } from "../errors.ts";

/** What metadata may be (github.com/openai/openai-openapi, `Metadata`), lengths in UTF-16 code units. */
const maxPairs = 16;
const maxKeyLength = 64;
const maxValueLength = 512;

/** Throws 400, with OpenAI's codes, for metadata of more than 16 pairs or with a key or value that is too long. */
export function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(metadata);
  if (pairs.length > maxPairs) {
    throw invalidRequest({
      code: "object_above_max_properties",
      param: "metadata",
      message: `The field \`metadata\` has ${pairs.length} pairs: at most ${maxPairs} are kept.`,
    });
  }
  for (const [key, value] of pairs) {
    if (key.length > maxKeyLength) {
      throw invalidRequest({
        code: "property_name_above_max_length",
        param: "metadata",
        message: `A key in \`metadata\` has ${key.length} characters: at most ${maxKeyLength} are kept.`,
      });
    }
    if (value.length > maxValueLength) {
      throw invalidRequest({
        code: "string_above_max_length",
        param: `metadata.${key}`,
        message: `The value of \`metadata.${key}\` has ${value.length} characters: at most ${maxValueLength} are kept.`,
      });
    }
  }
}
