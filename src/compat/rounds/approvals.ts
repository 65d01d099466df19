import type { Call } from "../../call.ts";
import { invalidRequest } from "../../errors.ts";
import type { HostedSession } from "../../hosted/hosted-session.ts";
import { type ApprovedCall, resolveApprovals } from "../../hosted/mcp/resolve-approvals.ts";
import { signApproval } from "../../hosted/mcp/sign-approval.ts";
import { createItemId } from "../../protocol/ids.ts";
import type { CreateRequest } from "../../protocol/request.ts";
import { claimOutputItem, readOutputItem } from "../../state/output-item.ts";
import type { MadeHostedCall } from "../answer/growing-calls.ts";

/**
 * Finds the calls that the user approves with a request. Where nothing is stored, an approval is proved by a signature:
 * a server that may need one is refused when there is no key to sign with.
 * @throws {ApiError} 400 that names the approval or the server
 */
export async function findApproved(
  { bindings, config, keyName }: Call,
  { document, session, isStored }: { document: CreateRequest; session: HostedSession; isStored: boolean },
): Promise<ApprovedCall[]> {
  const { reasoningKey } = config;
  const unprovable = session.servers.find(({ mayNeedApproval }) => mayNeedApproval);
  if (!isStored && reasoningKey === undefined && unprovable !== undefined) {
    throw invalidRequest({
      code: "approval_unavailable",
      param: `${unprovable.path}.require_approval`,
      message: `This response is not stored, and the Worker has no REASONING_KEY to sign approval requests with. Store the response, or set \`${unprovable.path}.require_approval\` to never.`,
    });
  }
  if (typeof document.input === "string") return [];
  return resolveApprovals(document.input, {
    servers: session.servers,
    owner: keyName,
    secret: reasoningKey,
    now: Date.now(),
    findStored: (id) => readOutputItem(bindings, { id, owner: keyName }),
    claim: (id) => claimOutputItem(bindings, { id, owner: keyName }),
  });
}

/** Makes the ids of a Response's approval requests: its own places where it is stored, signatures where it is not. */
export function approvalRequests(
  { config, keyName }: Call,
  { responseId, isStored }: { responseId: string; isStored: boolean },
): (call: MadeHostedCall, outputIndex: number) => Promise<string> {
  return async ({ tool, raw }, output_index) => {
    const { reasoningKey: secret } = config;
    const { mcp } = tool;
    if (isStored || secret === undefined || mcp === undefined)
      return createItemId("mcpr", { responseId, output_index });
    const call = {
      owner: keyName,
      serverUrl: mcp.serverUrl,
      tool: mcp.name,
      arguments: raw.trim() === "" ? "{}" : raw,
    };
    return signApproval(call, { secret, now: Date.now() });
  };
}
