/**
 * A hosted tool that failed. The message is for the model, which may try something else, and for the client: it holds
 * nothing secret and nothing from inside.
 */
export class ToolFailure extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ToolFailure";
  }
}
