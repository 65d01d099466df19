import { describe, expect, it } from "vitest";
import { renderWarnings } from "../../src/http/warnings.ts";

describe("warning header", () => {
  it("is absent without a warning", () => {
    expect(renderWarnings(new Set())).toBe(undefined);
  });

  it("quotes each warning under code 299", () => {
    expect(renderWarnings(new Set(["One.", "Two."]))).toBe('299 - "One.", 299 - "Two."');
  });

  it("holds visible ASCII only, its quotes escaped", () => {
    const value = renderWarnings(new Set(['say "x"\\\r\nset-cookie: a=b \u00e9\u{1f600}'])) ?? "";
    expect(value).toBe('299 - "say \\"x\\"\\\\??set-cookie: a=b ???"');
    expect(new Headers({ warning: value }).get("warning")).toBe(value);
  });

  it("is bounded", () => {
    expect(renderWarnings(new Set(["x".repeat(1_000)]))).toBe(`299 - "${"x".repeat(237)}..."`);
    const many = renderWarnings(new Set(Array.from({ length: 100 }, (_, n) => `${n} ${'"'.repeat(1_000)}`))) ?? "";
    expect(many.split(", 299 - ")).toHaveLength(8);
    expect(many.endsWith('299 - "There are more warnings."')).toBe(true);
  });
});
