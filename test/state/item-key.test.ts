import { describe, expect, it } from "vitest";
import {
  checkTurnKey,
  countRows,
  keyOfRow,
  keysOfRows,
  keysOfTurn,
  skipRows,
  turnOf,
} from "../../src/objects/threads/item-key.ts";
import { claimPiece, firstConversion } from "../../src/objects/threads/item-rows.ts";
import { fullObjectBytes, mostContextItems, mostTurnBytes } from "../../src/state/bounds.ts";
import { splitBytes } from "../../src/state/pieces.ts";
import { firstOutput, responseSeq } from "../../src/state/place.ts";

const turns = 2 ** 28;
const mostTurns = 2 ** 25;

describe("a key of an item", () => {
  it.each([1, 2, 1_000, mostTurns - 1])("in turn %i is among those of its turn, in the order of its row", (number) => {
    const turn = number * turns;
    const rows = [responseSeq, 0, 1, mostContextItems - 1, firstOutput, firstOutput + 1, 0xff_ff];
    const keys = rows.map((seq) => keyOfRow(turn, seq));
    expect(keys[0]).toBe(turn);
    expect(keys).toEqual(keys.toSorted((left, right) => left - right));
    const [first, last] = keysOfTurn(turn);
    for (const key of keys) {
      const [, lastPiece] = keysOfRows(key);
      expect([key >= first, lastPiece <= last, turnOf(key), turnOf(lastPiece)]).toEqual([true, true, turn, turn]);
    }
    expect(last + 1).toBe(turn + turns);
    expect([keysOfTurn(turn, 0)[0], keysOfTurn(turn, firstOutput)[0]]).toEqual([keys[1], keys[4]]);
  });

  it("of a row leads to those after it", () => {
    const key = keyOfRow(3 * turns, 0);
    expect(skipRows(key, 2)).toBe(keyOfRow(3 * turns, 2));
    expect(countRows(key, keyOfRow(3 * turns, 7))).toBe(7);
    expect(keysOfRows(key, 2)).toEqual([key, keyOfRow(3 * turns, 2) - 1]);
  });

  it("has room for all that a turn may hold", () => {
    expect(mostContextItems).toBeLessThan(firstOutput);
    const pieces = splitBytes(new Uint8Array(mostTurnBytes)).length;
    expect(pieces).toBeLessThan(firstConversion);
    expect(firstConversion + pieces).toBeLessThan(claimPiece);
    expect(claimPiece).toBeLessThan(keyOfRow(turns, 0) - turns);
  });

  it("is exact in the last turn that an object can number, and none is given after it", () => {
    const last = (mostTurns - 1) * turns;
    expect(keysOfTurn(checkTurnKey(last))[1]).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => checkTurnKey(last + turns)).toThrow("this object can number no further turn");
    // A turn takes more than eight bytes.
    expect(fullObjectBytes / mostTurns).toBe(8);
  });
});
