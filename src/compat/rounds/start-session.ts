import type { Call } from "../../call.ts";
import { HostedSession } from "../../hosted/hosted-session.ts";
import { countingFetch } from "../../metering/count-fetches.ts";
import type { CreateRequest } from "../../protocol/request.ts";
import type { HostedSupport } from "../request/convert-request.ts";

/** What a request's hosted tools are run with, as this Worker is set up. */
export function supportHostedTools(
  { bindings, config, record }: Pick<Call, "bindings" | "config" | "record">,
  document: CreateRequest,
): HostedSupport {
  const { AI: ai } = bindings;
  const { hostedTools: settings, gatewayId } = config;
  return {
    settings,
    startSession: (plan) =>
      new HostedSession({
        plan,
        settings,
        ai,
        gatewayId,
        fetch: countingFetch({ bindings, record }),
        include: document.include ?? [],
        count: (what) => {
          record.tools[what] += 1;
        },
      }),
  };
}
