import { describe, expect, it } from "vitest";
import { createId, createItemId, findResponseId } from "../../src/protocol/ids.ts";

const responseId = "resp_0123456789abcdef0123456789abcdef";

describe("an output item's id", () => {
  it.each([
    ["msg", 0, "msg_0123456789abcdef0123456789abcdef0000"],
    ["rs", 9, "rs_0123456789abcdef0123456789abcdef0009"],
    ["fc", 255, "fc_0123456789abcdef0123456789abcdef00ff"],
    ["ctc", 65_535, "ctc_0123456789abcdef0123456789abcdefffff"],
  ] as const)("of kind %s at %i tells of its response", (prefix, output_index, id) => {
    expect(createItemId(prefix, { responseId, output_index })).toBe(id);
    expect(findResponseId(id)).toBe(responseId);
  });

  it("tells of any response that is made here", () => {
    const made = createId("resp");
    expect(findResponseId(createItemId("msg", { responseId: made, output_index: 1 }))).toBe(made);
  });

  it.each([
    "",
    "msg_1",
    createId("msg"),
    createId("item"),
    responseId,
    "call_0123456789abcdef0123456789abcdef0000",
    "msg_0123456789ABCDEF0123456789abcdef0000",
    "msg_0123456789abcdef0123456789abcdef00000",
    "msg_0123456789abcdef0123456789abcdef0000\n",
  ])("is none made here: %j", (id) => {
    expect(findResponseId(id)).toBeUndefined();
  });
});
