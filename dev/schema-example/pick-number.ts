import type { JsonObject } from "../model/json-object.ts";

/**
 * Picks a number within a schema's bounds, near 1; `skip` asks for another one, that many steps up.
 * Bounds: minimum, maximum, both exclusive ones, multipleOf, and whole numbers for type integer.
 */
export function pickNumber(schema: JsonObject, whole: boolean, skip: number): number {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const low = Math.max(bound(minimum, -Infinity), bound(exclusiveMinimum, -Infinity));
  const high = Math.min(bound(maximum, Infinity), bound(exclusiveMaximum, Infinity));
  const fits = (value: number): boolean =>
    value >= low &&
    value <= high &&
    value !== exclusiveMinimum &&
    value !== exclusiveMaximum &&
    (!whole || Number.isInteger(value)) &&
    (typeof multipleOf !== "number" || Number.isInteger(value / multipleOf));

  const near = Math.min(Math.max(1, low), high);
  const unit = typeof multipleOf === "number" ? multipleOf : 1;
  const start = Math.floor(near / unit);
  const steps = Array.from({ length: 200 }, (_, index) => start + index);
  const candidates = [...steps, ...steps.map((step) => 2 * start - step)].map((step) =>
    Number((step * unit).toPrecision(15)),
  );
  const fractions = [low, high, (low + high) / 2, low + (high - low) / 4, low + 0.5, high - 0.5];
  const fitting = [...new Set([...candidates, ...fractions])].filter((value) => Number.isFinite(value) && fits(value));
  return fitting[skip % Math.max(1, fitting.length)] ?? 1;
}

function bound(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
