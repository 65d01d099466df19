import { type JsonObject, readNumber, readObject, readObjects, readText, readTexts } from "../api/json.ts";

export interface Budget {
  daily_tokens: number | undefined;
  monthly_tokens: number | undefined;
  daily_usd: number | undefined;
  monthly_usd: number | undefined;
}

export interface KeyRow {
  id: string;
  name: string;
  createdAt: number | undefined;
  expiresAt: number | undefined;
  models: readonly string[];
  requestsPerMinute: number | undefined;
  budget: Budget;
  used: { today_tokens: number; month_tokens: number; today_usd: number; month_usd: number };
  /** False for a key of the Worker's configuration, which can't be changed here. */
  isManaged: boolean;
}

export interface DayRow {
  date: string;
  model: string;
  keyId: string;
  requests: number;
  failed: number;
  tokens: number;
  cost: number;
}

export interface OverviewData {
  keys: readonly KeyRow[];
  days: readonly DayRow[];
  errors: readonly { code: string; count: number }[];
  latency: { p50: number | undefined; p95: number | undefined };
}

export function readOverview(body: JsonObject): OverviewData {
  const latency = readObject(body["latency"]);
  return {
    keys: readObjects(body["keys"]).map(readKey),
    days: readObjects(body["days"]).map(readDay),
    errors: readObjects(body["errors"]).map(({ code, count }) => ({
      code: readText(code),
      count: readNumber(count) ?? 0,
    })),
    latency: { p50: readNumber(latency["p50_ms"]), p95: readNumber(latency["p95_ms"]) },
  };
}

export function readKey(key: JsonObject): KeyRow {
  const budget = readObject(key["budget"]);
  const used = readObject(key["used"]);
  return {
    id: readText(key["id"]),
    name: readText(key["name"]),
    createdAt: readNumber(key["created_at"]),
    expiresAt: readNumber(key["expires_at"]),
    models: readTexts(key["models"]),
    requestsPerMinute: readNumber(key["requests_per_minute"]),
    budget: {
      daily_tokens: readNumber(budget["daily_tokens"]),
      monthly_tokens: readNumber(budget["monthly_tokens"]),
      daily_usd: readNumber(budget["daily_usd"]),
      monthly_usd: readNumber(budget["monthly_usd"]),
    },
    used: {
      today_tokens: readNumber(used["today_tokens"]) ?? 0,
      month_tokens: readNumber(used["month_tokens"]) ?? 0,
      today_usd: readNumber(used["today_usd"]) ?? 0,
      month_usd: readNumber(used["month_usd"]) ?? 0,
    },
    isManaged: key["source"] !== "configured",
  };
}

/** A row of the admin's overview, or of a key's own `GET /usage`. */
export function readDay(day: JsonObject): DayRow {
  const tokens = (readNumber(day["input_tokens"]) ?? 0) + (readNumber(day["output_tokens"]) ?? 0);
  return {
    date: readText(day["date"]),
    model: readText(day["model"]),
    keyId: readText(day["key_id"]),
    requests: readNumber(day["requests"]) ?? 0,
    failed: readNumber(day["failed_requests"]) ?? 0,
    tokens,
    cost: readNumber(day["cost_usd"]) ?? 0,
  };
}
