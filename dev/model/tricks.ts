import { answerError } from "./upstream-errors.ts";

/** How an answer misbehaves. */
export type Trick =
  | { kind: "answer"; answer: () => Response }
  | { kind: "hang" }
  | { kind: "break" }
  | { kind: "slow" };

interface Rule {
  /** What a person writes anywhere in the last user message. */
  pattern: RegExp;
  trick: (match: RegExpExecArray) => Trick;
}

/** Every trick the stand-in knows. The first that the text matches counts. dev/README.md explains them to users. */
const rules: Rule[] = [
  {
    pattern: /\[error (\d+)( rest)?\]/iu,
    trick: ([, code, rest]) => ({
      kind: "answer",
      answer: () => answerError(Number(code), rest === undefined ? "binding" : "rest"),
    }),
  },
  { pattern: /\[error html\]/iu, trick: () => ({ kind: "answer", answer: answerPage }) },
  { pattern: /\[error midstream\]/iu, trick: () => ({ kind: "break" }) },
  { pattern: /\[hang\]/iu, trick: () => ({ kind: "hang" }) },
  { pattern: /\[slow\]/iu, trick: () => ({ kind: "slow" }) },
];

/** Finds the trick a text asks for. */
export function findTrick(text: string): Trick | undefined {
  for (const { pattern, trick } of rules) {
    const match = pattern.exec(text);
    if (match !== null) return trick(match);
  }
  return undefined;
}

/** A proxy's error page, as a data centre in trouble sends. */
function answerPage(): Response {
  return new Response(
    "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n",
    {
      status: 502,
      headers: { "content-type": "text/html; charset=UTF-8" },
    },
  );
}
