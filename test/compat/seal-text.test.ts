import { describe, expect, it } from "vitest";
import { packCompaction, unpackCompaction } from "../../src/compat/pack-compaction.ts";
import { createTextSealer } from "../../src/compat/seal-text.ts";

const secret = "a-reasoning-key-of-32-characters";
const alice = createTextSealer({ secret, keyName: "alice", purpose: "reasoning" });

describe("sealer", () => {
  it.each(["", "short", "\u{1f327} and \u0000", "long ".repeat(100_000)])("opens what it sealed", async (text) => {
    expect(await alice.open(await alice.seal(text))).toBe(text);
  });

  it("opens what an older sealer of the same kind sealed", async () => {
    const again = createTextSealer({ secret, keyName: "alice", purpose: "reasoning" });
    expect(await again.open(await alice.seal("text"))).toBe("text");
  });

  it("never seals a text the same way twice, and shows only its length", async () => {
    const [one, two] = [await alice.seal("secret"), await alice.seal("secret")];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^v1\.[\w-]{46}$/);
  });

  it.each([
    { secret: "another-reasoning-key-of-32-chars", keyName: "alice", purpose: "reasoning" },
    { secret, keyName: "bob", purpose: "reasoning" },
    { secret, keyName: "alice", purpose: "compaction" },
  ] as const)("opens nothing that was sealed for $keyName, $purpose, $secret", async (other) => {
    expect(await createTextSealer(other).open(await alice.seal("secret"))).toBe(undefined);
  });

  it("opens nothing of which one character was changed", async () => {
    const sealed = await alice.seal("secret");
    for (let index = 0; index < sealed.length - 1; index++) {
      const changed = sealed[index] === "A" ? "B" : "A";
      expect(await alice.open(sealed.slice(0, index) + changed + sealed.slice(index + 1)), `at ${index}`).toBe(
        undefined,
      );
    }
  });
});

describe("packed compaction", () => {
  const sealer = createTextSealer({ secret, keyName: "alice", purpose: "compaction" });

  it.each([undefined, sealer])("is unpacked to the summary", async (own) => {
    expect(await unpackCompaction(await packCompaction("Summary \u00e9", own), own)).toBe("Summary \u00e9");
  });

  it("is unpacked without a key as well when it was packed without one", async () => {
    expect(await unpackCompaction(await packCompaction("Summary", undefined), sealer)).toBe("Summary");
  });

  it.each(["", "p1.%", "p1._w", "v1.AAAA", "gAAAA"])("is nothing when it is %j", async (packed) => {
    expect(await unpackCompaction(packed, sealer)).toBe(undefined);
    expect(await unpackCompaction(packed, undefined)).toBe(undefined);
  });
});
