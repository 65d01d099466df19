export interface UpstreamError {
  status: number;
  description: string;
}

/**
 * What Workers AI answers for each of its codes. https://developers.cloudflare.com/workers-ai/platform/errors/
 * 5006 isn't on that page: its text is from cloudflare/ai issue 279.
 */
export const upstreamErrors: ReadonlyMap<number, UpstreamError> = new Map([
  [3003, { status: 400, description: "Request is missing headers or body" }],
  [3006, { status: 413, description: "Request is too large" }],
  [3007, { status: 408, description: "Request timeout" }],
  [3008, { status: 408, description: "Request was aborted" }],
  [3023, { status: 403, description: "Service unavailable for account" }],
  [
    3036,
    {
      status: 429,
      description:
        "You have used up your daily free allocation of 10,000 neurons. Please upgrade to Cloudflare's Workers Paid plan if you would like to continue usage.",
    },
  ],
  [3039, { status: 400, description: "Finetune is missing required files (model.safetensors and config.json)" }],
  [3040, { status: 429, description: "Capacity temporarily exceeded, please try again." }],
  [3041, { status: 403, description: "The account is not allowed to access this model" }],
  [3042, { status: 404, description: "The model name is invalid" }],
  [3043, { status: 504, description: "Gateway timeout" }],
  [5004, { status: 400, description: "Invalid data type for base64 input" }],
  [5005, { status: 405, description: "The model does not support LoRa inference" }],
  [
    5006,
    {
      status: 400,
      description:
        "Bad input: Error: oneOf at '/' not met, 0 matches: required properties at '/' are 'input', required properties at '/' are 'messages'",
    },
  ],
  [5007, { status: 400, description: "No such model or task" }],
  [5016, { status: 403, description: "User has not agreed to the model's terms" }],
  [5018, { status: 403, description: "The account is not allowed to access this model" }],
  [5019, { status: 405, description: "Request trying to use deprecated SDK version" }],
]);

export type Dialect = "binding" | "rest";

/** Builds upstream's answer for one of its codes; a code that isn't in the table is a 500, as a new one would be to a client. */
export function answerError(code: number, dialect: Dialect): Response {
  const { status, description } = upstreamErrors.get(code) ?? { status: 500, description: "Internal server error" };
  const message = `AiError: ${description}`;
  const body =
    dialect === "rest"
      ? { errors: [{ message, code }], success: false, result: {}, messages: [] }
      : { internalCode: code, message, name: "AiError", description };
  return Response.json(body, { status });
}
