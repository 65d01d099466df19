/** What one check came to. */
export interface Finding {
  name: string;
  /** `warn`: works, but look at it. `skip`: was not checked. Only `fail` makes the exit code 1. */
  verdict: "ok" | "warn" | "fail" | "skip";
  /** What was seen, in a line. */
  saw: string;
  /** What to do about it. */
  advice?: string | undefined;
  milliseconds?: number | undefined;
}

/** A check that did not pass: `saw` and `advice` go into its finding. */
export class Failure extends Error {
  readonly advice: string;

  constructor(saw: string, advice: string) {
    super(saw);
    this.name = "Failure";
    this.advice = advice;
  }
}
