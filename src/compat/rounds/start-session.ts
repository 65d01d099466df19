import type { Call } from "../../call.ts";
import { HostedSession } from "../../hosted/hosted-session.ts";
import { countRequest } from "../../metering/count-requests.ts";
import type { CreateRequest } from "../../protocol/request.ts";
import type { HostedSupport } from "../request/convert-request.ts";

/** What a request's hosted tools are run with, as this Worker is set up. */
export function supportHostedTools(
  { bindings, config, record }: Pick<Call, "bindings" | "config" | "record">,
  document: CreateRequest,
): HostedSupport {
  const { AI: ai, WEB: web } = bindings;
  const { hostedTools: settings, gatewayId } = config;
  return {
    settings,
    startSession: (plan) =>
      new HostedSession({
        plan,
        settings,
        ai,
        gatewayId,
        fetch: async (url, init) => {
          countRequest(record);
          return web === undefined ? fetch(url, init) : web.fetch(url, init);
        },
        include: document.include ?? [],
        count: (what) => {
          record.tools[what] += 1;
          // A call of the binding is a request too. Where there is none, it is one to spare.
          if (what !== "mcp_calls") record.requests += 1;
        },
      }),
  };
}
