import { isObject } from "./json-object.ts";

/** What the stand-in answers to a question of the console's examples, so that it shows what an answer looks like. */
export interface Sample {
  /** Words of the question, lower case, all of which must be there. */
  words: readonly string[];
  reasoning: string;
  /** Markdown. */
  text: string;
  /** The answer where the request asks for JSON. */
  json?: Record<string, unknown>;
}

const signature = "*A sample answer of the local stand-in: no model runs here.*";

const samples: readonly Sample[] = [
  {
    words: ["retry", "fetch", "backoff"],
    reasoning:
      "The user wants to retry a failed fetch with exponential backoff in TypeScript, and a comparison of strategies. " +
      "Retry only what can succeed later: network errors, 429 and 5xx, never 400 or 401. Honour Retry-After. " +
      "Full jitter spreads clients best, so show that in code, and keep the helper small. A table suits the comparison.",
    text: `Wrap the call in a small helper that waits longer after each failure, adds randomness, and gives up after a few attempts:

\`\`\`ts
async function fetchWithRetry(url: string, attempts = 5): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url).catch(() => undefined);
    const canRetry = !response || response.status === 429 || response.status >= 500;
    if (!canRetry) return response;
    if (attempt === attempts) throw new Error(\`Gave up after \${attempts} tries\`);

    // Full jitter: anything between zero and the ceiling.
    const wait = Math.random() * Math.min(30_000, 250 * 2 ** attempt);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
\`\`\`

How the common strategies compare:

| Strategy | Wait before attempt *n* | Good for | Weak at |
| --- | --- | --- | --- |
| Fixed delay | \`d\` | a single client | bursts: all clients return at once |
| Exponential | \`d × 2ⁿ\` | an overloaded server | clients stay in step |
| Exponential, full jitter | \`random(0, d × 2ⁿ)\` | many clients | single waits may be long |
| \`Retry-After\` | what the server says | rate limits | servers that don't send it |

**Start with full jitter**, and let a \`Retry-After\` header win over it. Three rules keep it safe:

1. Retry only what can succeed later: network errors, \`429\` and \`5xx\`.
2. Retry only requests that may run twice, or send an idempotency key.
3. Bound the attempts *and* the total time.

${signature}`,
  },
  {
    words: ["bat", "ball", "cost"],
    reasoning:
      "A bat and a ball cost $1.10 together; the bat costs $1 more. The quick answer is 10 cents, but check it: then the bat would be $1.10 and both $1.20. " +
      "Let the ball cost b. The bat costs b + 1.00. Together 2b + 1.00 = 1.10, so 2b = 0.10 and b = 0.05. " +
      "Check: the bat costs $1.05, and 1.05 + 0.05 = 1.10. The difference is 1.00. That fits.",
    text: `The ball costs **5 cents**.

Let *b* be the price of the ball. The bat costs *b* + $1.00, so:

| | |
| --- | --- |
| together | *b* + (*b* + 1.00) = 1.10 |
| so | 2*b* = 0.10 |
| and | *b* = **0.05** |

The answer that comes to mind first, 10 cents, fails the check: the bat would cost $1.10, and both together $1.20.

${signature}`,
  },
  {
    words: ["tell", "about", "lisbon"],
    reasoning:
      "The user asks about Lisbon. Give the facts that the schema asks for: country, population, what it is known for.",
    text: `**Lisbon** is the capital of Portugal, on the estuary of the Tagus, with some 545,000 people in the city itself.

- **Belém**, with the tower and the monastery of the age of discoveries
- **Alfama**, the oldest quarter, and its *fado*
- Yellow trams, steep streets and *pastéis de nata*

${signature}`,
    json: {
      name: "Lisbon",
      country: "Portugal",
      population: 545_796,
      known_for: ["Belém Tower", "fado", "yellow trams", "pastéis de nata"],
    },
  },
];

/** The sample for a question, if there is one. */
export function findSample(question: string): Sample | undefined {
  const lower = question.toLowerCase();
  return samples.find(({ words }) => words.every((word) => lower.includes(word)));
}

/** The sample's JSON, if it has exactly the fields that the schema requires. */
export function fitSample(sample: Sample | undefined, schema: unknown): Record<string, unknown> | undefined {
  const properties = isObject(schema) && isObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];
  const fields = Object.keys(sample?.json ?? {});
  return properties.length === fields.length && properties.every((name) => fields.includes(name))
    ? sample?.json
    : undefined;
}
