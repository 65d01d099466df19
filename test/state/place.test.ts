import { describe, expect, it } from "vitest";
import { createId, createItemId, idPattern } from "../../src/protocol/ids.ts";
import {
  createThread,
  createTurn,
  itemIdOf,
  placeOfItem,
  placeOfResponse,
  responseIdOf,
  threadOfConversation,
} from "../../src/state/place.ts";

const thread = "0123456789abcdef0123456789abcdef";

describe("an id", () => {
  it.each([
    [1, "0000000000001"],
    [0xf_ff_ff_ff_ff_ff_ff, "fffffffffffff"],
    [0x8_00_00_00_00_00_00, "8000000000000"],
  ])("names its thread and turn %i", (turn, digits) => {
    expect(responseIdOf({ thread, turn })).toBe(`resp_${thread}${digits}`);
    expect(placeOfResponse(`resp_${thread}${digits}`)).toEqual({ thread, turn });
    const output = itemIdOf("msg", { thread, turn, seq: 0x80_05 });
    expect(output).toBe(`msg_${thread}${digits}0005`);
    expect(output).toBe(createItemId("msg", { responseId: responseIdOf({ thread, turn }), output_index: 5 }));
    expect(itemIdOf("rs", { thread, turn, seq: 5 })).toBe(`rs_${thread}${digits}8005`);
    expect(placeOfItem(output)).toEqual({ thread, turn, seq: 0x80_05 });
    expect(placeOfItem(`rs_${thread}${digits}8005`)).toEqual({ thread, turn, seq: 5 });
  });

  it("can be read back to its place, and no two are the same", () => {
    const ids = Array.from({ length: 1_000 }, () => {
      const place = { thread: createThread(), turn: createTurn() };
      expect(placeOfResponse(responseIdOf(place))).toEqual(place);
      expect(idPattern.test(responseIdOf(place))).toBe(true);
      return responseIdOf(place);
    });
    expect(new Set(ids).size).toBe(1_000);
    const conversation = createId("conv");
    expect(`conv_${threadOfConversation(conversation) ?? ""}`).toBe(conversation);
  });

  it.each([
    "",
    "resp_1",
    `resp_${thread}`,
    `resp_${thread}0000000000001\n`,
    `resp_${thread}00000000000001`,
    `resp_${thread.toUpperCase()}0000000000001`,
    `conv_${thread}0000000000001`,
  ])("of another make names nothing: %j", (id) => {
    expect([placeOfResponse(id), placeOfItem(id), threadOfConversation(id)]).toEqual([undefined, undefined, undefined]);
  });
});
