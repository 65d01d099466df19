import { describe, expect, it, vi } from "vitest";
import { checkTries, countTry, mostTries } from "../../src/access/count-tries.ts";

/** In a minute of its own, so that tests do not count in each other's. */
let minutes = 29_000_000;
function inMinute(run: (next: (milliseconds: number) => void) => void): void {
  const start = ++minutes * 60_000;
  vi.useFakeTimers({ toFake: ["Date"], now: start + 48_000 });
  try {
    run((milliseconds) => vi.setSystemTime(start + 48_000 + milliseconds));
  } finally {
    vi.useRealTimers();
    minutes += 1;
  }
}

function tryOften(address: string | undefined, times = mostTries): void {
  for (let count = 0; count < times; count++) countTry(address);
}

const tooMany = {
  status: 429,
  type: "rate_limit_error",
  code: "too_many_wrong_keys",
  message: "Too many wrong API keys came from this address. Correct the key, and try again in 12 seconds.",
  headers: { "retry-after": "12", "x-should-retry": "false" },
};

describe("wrong keys of one address", () => {
  it("are bounded in a minute, and those of another address are not touched", () => {
    inMinute((next) => {
      tryOften("203.0.113.1", mostTries - 1);
      expect(() => checkTries("203.0.113.1")).not.toThrow();
      countTry("203.0.113.1");
      expect(() => checkTries("203.0.113.1")).toThrow(expect.objectContaining(tooMany));
      expect(() => checkTries("203.0.113.2")).not.toThrow();
      next(12_000);
      expect(() => checkTries("203.0.113.1")).not.toThrow();
    });
  });

  it.each([
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::1", true],
    ["2001:db8:1:2::", "2001:db8:1:2::9", true],
    ["2001:db8::1", "2001:db8:0:0:7::", true],
    ["::1", "::2", true],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ])("are those of its IPv6 network: %s and %s", (one, other, isSame) => {
    inMinute(() => {
      tryOften(one);
      const check = expect(() => checkTries(other));
      if (isSame) check.toThrow(expect.objectContaining(tooMany));
      else check.not.toThrow();
    });
  });

  it("are not counted without an address", () => {
    inMinute(() => {
      tryOften(undefined, 10 * mostTries);
      expect(() => checkTries(undefined)).not.toThrow();
    });
  });

  it("are counted for ten thousand addresses at once", () => {
    inMinute(() => {
      for (let index = 0; index < 10_000; index++) countTry(`a${index}`);
      tryOften("late");
      expect(() => checkTries("late")).not.toThrow();
      tryOften("a0");
      expect(() => checkTries("a0")).toThrow(expect.objectContaining(tooMany));
    });
  });
});
