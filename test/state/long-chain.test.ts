import { describe, expect, it } from "vitest";
import { answerOf, ask, message, newId, scriptModel } from "./ask.ts";

const turns = 200;

function reasoning(turn: number): object {
  const content = [{ type: "reasoning_text", text: `thought ${turn}` }];
  return { id: `rs_${turn}`, type: "reasoning", summary: [], content };
}

describe("200 turns", () => {
  it.each(["previous_response_id", "conversation"])(
    "by %s give the model every item, once and in order",
    async (field) => {
      let last: unknown = field === "conversation" ? (await ask("/v1/conversations", { body: {} })).json["id"] : null;
      let compared = 0;
      const context: object[] = [];
      for (let turn = 0; turn < turns; turn++) {
        const id = newId();
        const output = [reasoning(turn), message(`answer ${turn}`, `msg_${turn}`)];
        const AI = scriptModel({ ...answerOf(id), output });
        const input = [{ role: "user", content: `question ${turn}` }];
        const asked = await ask("/v1/responses", { body: { input, [field]: last }, settings: { AI } });
        expect(asked.status).toBe(200);
        context.push(...input);
        const given = AI.calls[0]?.["input"] as object[];
        const wrong = context.findIndex((item, index) => JSON.stringify(item) !== JSON.stringify(given[index]));
        expect([given.length, wrong]).toEqual([context.length, -1]);
        compared += given.length;
        context.push(...output);
        if (field === "previous_response_id") last = id;
      }
      expect(compared).toBe((3 * turns * (turns - 1)) / 2 + turns);
    },
    60_000,
  );
});
