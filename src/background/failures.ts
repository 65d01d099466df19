/** How a run can fail when the model doesn't: code and message of the Response's error. */
const failures: ReadonlyMap<string, string> = new Map([
  ["background_run_lost", "The Worker was restarted while it made this response. Send the request again."],
  [
    "background_run_too_long",
    "The model did not finish within 14 minutes. Ask for less, or send the request without `background`.",
  ],
  ["background_run_broken", "Something went wrong inside the Worker while it made this response. Send it again."],
  [
    "background_response_too_large",
    "The response and its input are larger than the 32 MiB that can be stored. Ask for less.",
  ],
]);

/** The error of a Response that failed with this code. */
export function failureOf(code: string, message = failures.get(code)): { code: string; message: string | undefined } {
  return { code, message };
}

/** Writes what broke inside a run to the log: the kind of it, since its text may hold a prompt. */
export function logFailure({ event, error }: { event: string; error: unknown }): void {
  const kind = error instanceof Error ? error.name : "unknown";
  console.error(JSON.stringify({ event, kind }));
}
