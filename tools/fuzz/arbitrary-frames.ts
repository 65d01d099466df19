import fc from "fast-check";
import { documents } from "./arbitrary-request.ts";

/** What a client does on a WebSocket, one after the other. */
export type SocketStep =
  | { kind: "text"; text: string }
  | { kind: "binary"; bytes: Uint8Array }
  /** Until the next frame of the Worker. */
  | { kind: "wait" };

const streamIds = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "c") },
  {
    weight: 1,
    arbitrary: fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", "x".repeat(257)), fc.anything()),
  },
);

/** What is answered, so that lanes have something to hold and to wait for. */
const plain = fc.record({ input: fc.string({ minLength: 1 }), store: fc.boolean() });

const creates = fc
  .tuple(
    fc.oneof(documents, plain),
    fc.record(
      {
        stream_id: streamIds,
        generate: fc.oneof(
          { weight: 4, arbitrary: fc.boolean() },
          { weight: 1, arbitrary: fc.constantFrom(null, 0, "false") },
        ),
        // The id of the latest response, where there is one.
        previous_response_id: fc.constantFrom("latest", "latest", "latest", "latest", "resp_1", "", null, 5),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([document, more]) => Object.assign({}, document, { background: false }, more, { type: "response.create" }));

const frames: fc.Arbitrary<SocketStep> = fc.oneof(
  { weight: 12, arbitrary: creates.map((frame): SocketStep => ({ kind: "text", text: JSON.stringify(frame) })) },
  {
    weight: 1,
    arbitrary: fc
      .record({ type: fc.constant("response.steer"), previous_response_id: fc.anything(), input: fc.anything() })
      .map((frame): SocketStep => ({ kind: "text", text: JSON.stringify(frame) })),
  },
  { weight: 1, arbitrary: fc.json().map((text): SocketStep => ({ kind: "text", text })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(creates, fc.nat(2_000))
      .map(([frame, cut]): SocketStep => ({ kind: "text", text: JSON.stringify(frame).slice(0, cut) })),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "binary" }).map((text): SocketStep => ({ kind: "text", text: text.toWellFormed() })),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 3_000 })
      .map((depth): SocketStep => ({ kind: "text", text: `{"input":${"[".repeat(depth)}` })),
  },
  { weight: 4, arbitrary: fc.constant<SocketStep>({ kind: "wait" }) },
);

const binary = fc.uint8Array({ maxLength: 300 }).map((bytes): SocketStep => ({ kind: "binary", bytes }));

/** A sequence of frames; now and then a binary one, which ends it. */
export const frameSequence: fc.Arbitrary<SocketStep[]> = fc.oneof(
  { weight: 9, arbitrary: fc.array(frames, { minLength: 1, maxLength: 8 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.array(frames, { maxLength: 3 }), binary).map(([list, last]) => list.concat(last)),
  },
);

/** Bytes in the place of frames, as no client writes them. */
export const brokenFrames: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 1, maxLength: 400 });
