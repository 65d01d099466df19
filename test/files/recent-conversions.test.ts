import { describe, expect, it } from "vitest";
import { findRecent, nameChain, rememberRecent } from "../../src/files/recent-conversions.ts";

describe("recent conversions", () => {
  it("belong to one key and one prompt_cache_key", () => {
    expect(nameChain("alice", undefined)).toBeUndefined();
    expect(nameChain("alice", "")).toBeUndefined();
    const [ours, theirs] = [nameChain("alice", "one") ?? "", nameChain("bob", "one") ?? ""];
    rememberRecent(ours, "document:1", "Tides.");
    expect([findRecent(ours, "document:1"), findRecent(theirs, "document:1")]).toEqual(["Tides.", undefined]);
  });

  it("are forgotten, the one not asked for longest first, beyond four million characters", () => {
    const chain = nameChain("alice", "full") ?? "";
    for (const key of ["a", "b", "c", "d"]) rememberRecent(chain, key, key.repeat(1_000_000));
    findRecent(chain, "a");
    rememberRecent(chain, "e", "e".repeat(1_000_000));
    expect(["a", "b", "c", "d", "e"].map((key) => findRecent(chain, key)?.length)).toEqual([
      1_000_000,
      undefined,
      1_000_000,
      1_000_000,
      1_000_000,
    ]);
  });
});
