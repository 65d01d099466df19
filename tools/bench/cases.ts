/** One kind of request, sent over and over. */
export interface BenchCase {
  name: string;
  /** What the answer is, by the name the in-process upstream knows. */
  model: string;
  body: string;
  /** Requests under way at once. */
  connections: number;
  /** The share of the bare Worker's throughput below which the short form fails: a guard, well under what is usual. */
  leastRatio: number;
}

/** Models of the in-process upstream; `bench/held` streams one event and then waits. The `chat` ones are compat's. */
export const benchModels = ["bench/json", "bench/stream", "bench/held", "bench/chat-json", "bench/chat-stream"];

const long = { input: conversation(140, 650) };

export const smallCase = benchCase({
  name: "small request",
  model: "bench/json",
  connections: 16,
  leastRatio: 0.25,
  document: { input: "Say hi." },
});

export const streamCase = benchCase({
  name: "500-event stream",
  model: "bench/stream",
  connections: 8,
  leastRatio: 0.5,
  document: { input: "Say hi.", stream: true },
});

export const nativeCases: readonly BenchCase[] = [
  smallCase,
  benchCase({ name: "140 turns, 100 KB", model: "bench/json", connections: 16, leastRatio: 0.4, document: long }),
  benchCase({
    name: "1 MB request",
    model: "bench/json",
    connections: 4,
    leastRatio: 0.4,
    document: { input: conversation(1_000, 930) },
  }),
  streamCase,
];

/** Compat does work the bare Worker does not: it has no floor. */
export const compatCases: readonly BenchCase[] = [
  benchCase({
    name: "small request",
    model: "bench/chat-json",
    connections: 16,
    leastRatio: 0,
    document: { input: "Say hi." },
  }),
  benchCase({ name: "140 turns, 100 KB", model: "bench/chat-json", connections: 16, leastRatio: 0, document: long }),
  benchCase({
    name: "500-chunk stream",
    model: "bench/chat-stream",
    connections: 8,
    leastRatio: 0,
    document: { input: "Say hi.", stream: true },
  }),
];

function benchCase({ document, ...rest }: Omit<BenchCase, "body"> & { document: object }): BenchCase {
  return { ...rest, body: JSON.stringify({ model: rest.model, ...document }) };
}

/** A conversation of `turns` messages of about `length` characters each, with the quotes and line ends real ones have. */
function conversation(turns: number, length: number): object[] {
  return Array.from({ length: turns }, (_, index) => ({
    role: index % 2 === 0 ? "user" : "assistant",
    content: `Turn ${index}. `.padEnd(length, 'She said "yes" and wrote it down.\n'),
  }));
}
