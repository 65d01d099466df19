import { describe, expect, it } from "vitest";
import { nothing } from "../../src/state/context.ts";
import { HeldContexts } from "../../src/websocket/held-contexts.ts";

function contextOf(responseId: string, earlierBytes = 1, items = 1) {
  const item = { id: `msg_${responseId}`, item: responseId };
  return { responseId, earlier: { ...nothing, earlier: Array.from({ length: items }, () => item), earlierBytes } };
}

describe("the contexts that lanes hold", () => {
  it("are found by the id of the latest response of any lane", () => {
    const held = new HeldContexts(100);
    held.keep(undefined, contextOf("one"));
    held.keep("side", contextOf("two"));
    expect(held.find("one", "side")).toEqual({ ...contextOf("one"), lane: undefined });
    expect(held.find("two", "side")).toEqual({ ...contextOf("two"), lane: "side" });
    held.keep(undefined, contextOf("three"));
    expect(held.find("one", undefined)).toBeUndefined();
    expect(held.find("", undefined)).toBeUndefined();
  });

  it("are the lane's own where upstream used an id twice", () => {
    const held = new HeldContexts(100);
    held.keep("a", contextOf("same", 1));
    held.keep("b", contextOf("same", 2));
    expect(held.find("same", "a")).toMatchObject({ lane: "a", earlier: { earlierBytes: 1 } });
    expect(held.find("same", "b")).toMatchObject({ lane: "b", earlier: { earlierBytes: 2 } });
    held.drop("b");
    expect(held.find("same", "b")).toMatchObject({ lane: "a" });
  });

  it("go oldest first when they are too large together, also one that is too large alone", () => {
    const held = new HeldContexts(10);
    held.keep("a", contextOf("one", 4));
    held.keep("b", contextOf("two", 4));
    held.keep("a", contextOf("three", 4));
    held.keep("c", contextOf("four", 4));
    expect(["two", "three", "four"].map((id) => held.find(id, undefined)?.lane)).toEqual([undefined, "a", "c"]);
    held.keep("d", contextOf("five", 11));
    expect(["three", "four", "five"].map((id) => held.find(id, undefined))).toEqual([undefined, undefined, undefined]);
    held.keep("a", contextOf("six", 10));
    expect(held.find("six", "a")).toMatchObject({ earlier: { earlierBytes: 10 } });
  });

  it("are those that may be continued: 8 MiB, and 20,000 items", () => {
    const held = new HeldContexts(1e9);
    held.keep("a", contextOf("one", 8_388_608, 20_000));
    expect(held.find("one", "a")).toBeDefined();
    held.keep("a", contextOf("two", 8_388_609));
    held.keep("b", contextOf("three", 1, 20_001));
    expect(["one", "two", "three"].map((id) => held.find(id, "a"))).toEqual([undefined, undefined, undefined]);
    held.clear();
  });

  it("of all connections together have 24 MiB; a connection that ends gives its part back", () => {
    const first = new HeldContexts(1e9);
    const second = new HeldContexts(1e9);
    for (const lane of ["a", "b"]) first.keep(lane, contextOf(lane, 8_000_000));
    for (const lane of ["c", "d"]) second.keep(lane, contextOf(lane, 7_000_000));
    const found = ["a", "b", "c", "d"].map((id) => (first.find(id, id) ?? second.find(id, id))?.lane);
    expect(found).toEqual(["a", "b", undefined, "d"]);
    first.clear();
    expect(first.find("a", "a")).toBeUndefined();
    second.keep("c", contextOf("c", 8_000_000));
    expect(["c", "d"].map((id) => second.find(id, id)?.lane)).toEqual(["c", "d"]);
    second.clear();
  });
});
