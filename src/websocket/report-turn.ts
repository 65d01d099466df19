import { waitUntil } from "cloudflare:workers";
import type { Bindings } from "../bindings.ts";
import type { AnswerEnd, Caller, CallRecord, Mode } from "../call.ts";
import { readValidConfig } from "../config.ts";
import type { ApiError } from "../errors.ts";
import { startRecord } from "../metering/meter-request.ts";
import { reportRequest } from "../metering/report-request.ts";

/** How a turn went. */
interface TurnFacts {
  requestId: string;
  /** Undefined for a key that is not valid. */
  caller: Caller | undefined;
  /** What refused it. */
  error: ApiError | undefined;
  /** Of a frame that never had its turn there is none. */
  record?: CallRecord;
  end?: AnswerEnd | undefined;
}

/** Reports a turn of a WebSocket, as every request is: to the log, the metrics and its key's usage. */
export function reportTurn(
  { bindings, mode, route }: { bindings: Bindings; mode: Mode; route: string },
  { requestId, caller, error, record = startRecord(), end }: TurnFacts,
): void {
  const facts = {
    request_id: requestId,
    key: caller?.name ?? null,
    key_id: caller?.owner ?? null,
    method: "response.create",
    transport: "websocket",
    route,
    mode,
    status: error?.status ?? 200,
    error_code: error?.code ?? null,
    ttfb_ms: record.ttfbMs ?? Date.now() - record.startedAt,
  } as const;
  waitUntil(reportRequest({ bindings, config: readValidConfig(bindings), record, facts, end }));
}
