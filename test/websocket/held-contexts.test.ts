import { describe, expect, it } from "vitest";
import { HeldContexts } from "../../src/websocket/held-contexts.ts";

function contextOf(responseId: string, size = 1) {
  return { responseId, earlier: [{ id: `msg_${responseId}`, item: responseId }], size };
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
    expect(held.find("same", "a")).toMatchObject({ lane: "a", size: 1 });
    expect(held.find("same", "b")).toMatchObject({ lane: "b", size: 2 });
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
    expect(held.find("six", "a")).toMatchObject({ size: 10 });
  });

  it("of all connections together have 24 MiB; a connection that ends gives its part back", () => {
    const first = new HeldContexts(1e9);
    const second = new HeldContexts(1e9);
    first.keep("a", contextOf("one", 20_000_000));
    second.keep("a", contextOf("two", 5_000_000));
    second.keep("b", contextOf("three", 1_000_000));
    expect([first.find("one", "a")?.lane, second.find("two", "a"), second.find("three", "b")?.lane]).toEqual([
      "a",
      undefined,
      "b",
    ]);
    first.clear();
    expect(first.find("one", "a")).toBeUndefined();
    second.keep("a", contextOf("four", 24_000_000));
    expect(second.find("four", "a")).toMatchObject({ size: 24_000_000 });
    second.clear();
  });
});
