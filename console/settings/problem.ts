import { signal } from "@preact/signals";
import type { FieldError } from "./field-error.ts";

/** The field that kept the last message from being sent, until something changes. */
export const settingsProblem = signal<FieldError | undefined>(undefined);
