export const foreignAdvice = "Check the address: the Worker's own, such as https://responses-api.<you>.workers.dev.";

/** What to do about an error, by its stable code. */
const advices: Readonly<Record<string, string>> = {
  not_found: foreignAdvice,
  missing_api_key: "Give a key: npm run doctor -- <url> <key>, or set API_KEY.",
  invalid_api_key: "Give the key itself, without its name: what stands after the colon in the secret API_KEYS.",
  api_keys_not_set: "Set the secret: npx wrangler secret put API_KEYS, with name:key pairs.",
  rate_limit_exceeded: "Wait a minute, or raise the limit of RATE_LIMITER in wrangler.toml.",
  budget_exceeded: "Wait for 00:00 UTC, or raise DAILY_TOKEN_BUDGET.",
  budget_unknown: "The Durable Object behind USAGE does not answer: look at the Worker's log.",
  daily_allocation_used: "Move the account to a paid plan, or wait for 00:00 UTC.",
  out_of_capacity: "Try again, or name other models in FALLBACK_MODELS.",
  upstream_rate_limited: "Try again, or name other models in FALLBACK_MODELS.",
  upstream_no_such_model: "Check MODELS against developers.cloudflare.com/workers-ai/models.",
  upstream_model_not_found: "Check MODELS against developers.cloudflare.com/workers-ai/models.",
  upstream_agreement_required: "Accept the model's licence in the Cloudflare dashboard.",
  upstream_unauthorized: "Check the [ai] binding in wrangler.toml and deploy again.",
  upstream_timeout: "Try again. If it stays, raise UPSTREAM_TIMEOUT_MS or look at www.cloudflarestatus.com.",
  upstream_error: "Try again, or set UPSTREAM_RETRIES. If it stays, look at www.cloudflarestatus.com.",
  upstream_invalid_response: "Try again. If it stays, the model answers in a form nobody knows: report it.",
  internal_error: "Look at the Worker's log (npx wrangler tail) for the x-request-id.",
};

/** Turns an error the Worker answered with into what its operator can do. */
export function advise({ code, param }: { code: string; param: string }): string {
  if (code !== "misconfigured") return advices[code] ?? `docs/errors.md says what ${code} means.`;
  return param === "AI" || param === "USAGE"
    ? "Add the binding to wrangler.toml and deploy again."
    : `Correct ${param} in wrangler.toml or among the secrets, and deploy again.`;
}
