/** The fields of the settings that can hold something the request can't. */
export type FieldName = "maxOutputTokens" | "maxToolCalls" | "functions" | "servers" | "schema" | "extra";

/** A field that can't be sent as it is. */
export class FieldError extends Error {
  readonly field: FieldName;

  constructor(field: FieldName, message: string) {
    super(message);
    this.field = field;
  }
}
