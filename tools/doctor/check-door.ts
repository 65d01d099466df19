import { isRecord, type JsonRecord, readCount, readText } from "../../src/protocol/json.ts";
import { foreignAdvice } from "./advise.ts";
import { Failure, type Finding } from "./finding.ts";
import { readObject, send, sendAnyway, type Target } from "./send.ts";

/** What `GET /health` tells. */
export interface Health {
  mode: string;
  auth: string;
  version: string;
  features: JsonRecord;
}

/** Whether the Worker is there and its settings are right. */
export async function checkHealth(target: Target): Promise<{ saw: string; health: Health }> {
  const answer = await send(target, { path: "/health" });
  const type = answer.headers.get("content-type") ?? "no content type";
  const body = type.startsWith("application/json") ? await readObject(answer, target.seconds) : {};
  if (body["status"] !== "ok") throw new Failure(`something answers that is not this Worker (${type})`, foreignAdvice);
  const health = {
    mode: readText(body["mode"]),
    auth: readText(body["auth"]),
    version: readText(body["version"]),
    features: isRecord(body["features"]) ? body["features"] : {},
  };
  const on = Object.entries(health.features).filter(([, bound]) => bound === true);
  const features = on.map(([feature]) => feature).join(", ") || "none";
  return { saw: `version ${health.version}, mode ${health.mode}, features: ${features}`, health };
}

/** Whether the key is let in, and a wrong one is not. */
export async function checkKey(target: Target, { auth }: Health): Promise<Pick<Finding, "verdict" | "saw" | "advice">> {
  if (auth === "none") {
    const { hostname } = new URL(target.url);
    if (["localhost", "127.0.0.1", "[::1]"].includes(hostname))
      return { verdict: "ok", saw: "none is needed (AUTH=none)" };
    return {
      verdict: "warn",
      saw: "none is needed (AUTH=none): whoever knows the address spends your tokens",
      advice: "Remove AUTH from wrangler.toml, set API_KEYS, and deploy again.",
    };
  }
  await send(target, { path: "/v1/models" });
  const stranger = await sendAnyway(target, { path: "/v1/models", key: "no-key-of-this-worker" });
  if (stranger.status === 401) return { verdict: "ok", saw: "yours is let in, a wrong one is not" };
  throw new Failure(`a wrong key was answered ${stranger.status}`, "Look for a proxy that adds a key of its own.");
}

/** Whether models are listed. */
export async function checkModels(target: Target): Promise<string> {
  const { data } = await readObject(await send(target, { path: "/v1/models" }), target.seconds);
  const ids = Array.isArray(data) ? data.map((model: unknown) => (isRecord(model) ? readText(model["id"]) : "")) : [];
  if (ids.length === 0) throw new Failure("no models are listed", "Check MODELS in wrangler.toml.");
  return ids.join(", ");
}

/** What the key has used today. */
export async function checkUsage(target: Target): Promise<string> {
  const today = new Date().toISOString().slice(0, 10);
  const { total } = await readObject(
    await send(target, { path: `/v1/usage?from=${today}&to=${today}` }),
    target.seconds,
  );
  const counts = isRecord(total) ? total : {};
  return `${readCount(counts["total_tokens"])} tokens today, ${String(counts["cost_usd"])} USD`;
}
