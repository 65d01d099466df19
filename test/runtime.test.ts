import { expect, test } from "vitest";

test("unit tests run in workerd", () => {
  expect(navigator.userAgent).toBe("Cloudflare-Workers");
});
