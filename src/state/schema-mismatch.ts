import { ApiError } from "../errors.ts";

/** Starts the error's message. A caller in another isolate knows the error by it: only an error's name and message travel. */
const prefix = "state_schema_mismatch:";

/** The error of an object whose tables another version wrote. */
export function schemaMismatch({ stored, known }: { stored: number; known: number }): Error {
  return new Error(`${prefix} stored by schema ${stored}, this Worker reads ${known}`);
}

export function isSchemaMismatch(error: Error): boolean {
  return error.message.startsWith(prefix);
}

/** 500: what is stored is refused, never misread. */
export function schemaMismatched(): ApiError {
  return new ApiError({
    status: 500,
    type: "server_error",
    code: "state_schema_mismatch",
    message:
      "The stored data was written by another version of this Worker, in a schema that this one does not read. Its operator can deploy that version.",
  });
}
