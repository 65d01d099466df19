import type { RequestSummary } from "./request-summary.ts";

/**
 * Writes a request as one data point of the Analytics Engine. What is `null` in the log is "" or 0 here.
 *
 *   index1   key
 *   blob1    key            double1   status
 *   blob2    method         double2   ttfb_ms
 *   blob3    route          double3   duration_ms
 *   blob4    mode           double4   upstream_ms
 *   blob5    model          double5   upstream_calls
 *   blob6    error_code     double6   input_tokens
 *   blob7    ending         double7   cached_tokens
 *   blob8    request_id     double8   reasoning_tokens
 *   blob9    upstream_id    double9   output_tokens
 *   blob10  not_stored       double10  cost_usd
 *   blob11   key_id          double11  tokens_estimated
 *   blob12  transport          double12  conversions
 *                            double13  searches
 *                            double14  pages
 *                            double15  mcp_calls
 *                            double16  images
 *
 * Columns are only ever added: old data keeps its meaning. The index is what sampling goes by, so that a busy key does
 * not blur a quiet one's numbers. Limits: 20 blobs of 16 KB together, 20 doubles, an index of 96 bytes
 * (developers.cloudflare.com/analytics/analytics-engine/limits).
 */
export function writeMetrics(metrics: AnalyticsEngineDataset, request: RequestSummary): void {
  const { key, method, route, mode, model, error_code, ending, request_id, upstream_id, not_stored, key_id } = request;
  const { transport } = request;
  const blobs = [key, method, route, mode, model, error_code, ending, request_id, upstream_id, not_stored, key_id];
  metrics.writeDataPoint({
    indexes: [key ?? ""],
    blobs: [...blobs, transport].map((text) => (text ?? "").slice(0, 256)),
    doubles: [
      request.status,
      request.ttfb_ms,
      request.duration_ms ?? 0,
      request.upstream_ms,
      request.upstream_calls,
      request.input_tokens ?? 0,
      request.cached_tokens ?? 0,
      request.reasoning_tokens ?? 0,
      request.output_tokens ?? 0,
      request.cost_usd ?? 0,
      request.tokens_estimated === true ? 1 : 0,
      request.conversions,
      request.searches,
      request.pages,
      request.mcp_calls,
      request.images,
    ],
  });
}
