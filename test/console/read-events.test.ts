import * as fc from "fast-check";
import { expect, it } from "vitest";
import { readEvents, type WireEvent } from "../../console/api/read-events.ts";

function streamOf(pieces: readonly Uint8Array<ArrayBuffer>[]) {
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

async function collect(pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<WireEvent[]> {
  const batches = await Array.fromAsync(readEvents(streamOf(pieces)));
  return batches.flat();
}

it("reads the events of a stream wherever its bytes are cut, and passes over what is no event", async () => {
  const text =
    ': keep-alive\n\nevent: a\ndata: {"type":"a","text":"žluťoučký 🐎"}\n\ndata: {"type":"b",\r\ndata: "n":1}\r\n\r\ndata: [DONE]\n\ndata: {"no":"type"}\n\ndata: broken\n\n';
  const bytes = new TextEncoder().encode(text);
  const expected = [
    { type: "a", text: "žluťoučký 🐎" },
    { type: "b", n: 1 },
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (places) => {
      const cuts = [0, ...places.toSorted((left, right) => left - right), bytes.length];
      const pieces = cuts.slice(1).map((end, index) => bytes.slice(cuts[index], end));
      expect(await collect(pieces)).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

it("hands on a flood of events in batches", async () => {
  const bytes = new TextEncoder().encode('data: {"type":"x"}\n\n'.repeat(1000));
  const batches = await Array.fromAsync(readEvents(streamOf([bytes])));
  expect(batches.map(({ length }) => length)).toEqual([250, 250, 250, 250]);
});
