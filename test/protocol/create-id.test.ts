import { describe, expect, it } from "vitest";
import { createItemId } from "../../src/protocol/ids.ts";

const responseId = "resp_0123456789abcdef0123456789abcdef";

describe("an output item's id", () => {
  it.each([
    ["msg", 0, "msg_0123456789abcdef0123456789abcdef0000"],
    ["rs", 9, "rs_0123456789abcdef0123456789abcdef0009"],
    ["fc", 255, "fc_0123456789abcdef0123456789abcdef00ff"],
    ["ctc", 65_535, "ctc_0123456789abcdef0123456789abcdefffff"],
  ] as const)("of kind %s at index %i contains the digits of its response", (prefix, output_index, id) => {
    expect(createItemId(prefix, { responseId, output_index })).toBe(id);
  });
});
