import { type ApiError, invalidRequest } from "../../errors.ts";
import { renderPath } from "../../http/validate.ts";
import { type JsonRecord, readText } from "../../protocol/json.ts";
import type { McpServer } from "./read-mcp-tool.ts";
import { checkApproval, isSignedId } from "./sign-approval.ts";

/** A call that waited for the user, who has approved it. */
export interface ApprovedCall {
  approvalId: string;
  label: string;
  name: string;
  /** As the model wrote them. */
  arguments: string;
}

/** How the approvals of a request are checked. */
export interface ApprovalCheck {
  servers: readonly McpServer[];
  /** Who owns the state: the name of the caller's key. */
  owner: string;
  /** The `REASONING_KEY` setting. */
  secret: string | undefined;
  /** Milliseconds since 1970. */
  now: number;
  /** The item of that id as a stored Response has it in its output; undefined when none of the caller's has. */
  findStored: (itemId: string) => Promise<JsonRecord | undefined>;
  /** Whether nobody has used that stored request yet; from now on, somebody has. */
  claim: (itemId: string) => Promise<boolean>;
}

/**
 * Finds the calls that a request approves. What is approved is what was asked for: as it is stored, or as it is signed in
 * the request's own id. What stands in `items` is never believed by itself: the client may have written it.
 *
 * An approval is new when no call has come of it and no message of the assistant follows it.
 * @throws {ApiError} 400 that names the first approval that can't be used
 */
export async function resolveApprovals(items: readonly JsonRecord[], check: ApprovalCheck): Promise<ApprovedCall[]> {
  const done = new Set(items.filter(({ type }) => type === "mcp_call").map((item) => item["approval_request_id"]));
  const lastMessage = items.findLastIndex(({ type = "message", role }) => type === "message" && role === "assistant");
  const calls: ApprovedCall[] = [];
  for (const [index, { type, approve, approval_request_id: id }] of items.entries()) {
    if (type !== "mcp_approval_response" || index < lastMessage || typeof id !== "string" || done.has(id)) continue;
    const param = renderPath(["input", index, "approval_request_id"]);
    const asked = items.find((item) => item["type"] === "mcp_approval_request" && item["id"] === id);
    // A refusal needs no proof: nothing comes of it but that the model learns of it.
    if (approve !== true) {
      if (asked === undefined) throw notFound(param);
      continue;
    }
    done.add(id);
    calls.push(isSignedId(id) ? await checkSigned({ id, asked, param }, check) : await checkStored(id, param, check));
  }
  return calls;
}

async function checkSigned(
  { id, asked, param }: { id: string; asked: JsonRecord | undefined; param: string },
  { servers, owner, secret, now }: ApprovalCheck,
): Promise<ApprovedCall> {
  if (asked === undefined) throw notFound(param);
  const call = describe(id, asked);
  const { url: serverUrl } = findServer(servers, call.label, param);
  const { name: tool, arguments: given } = call;
  const verdict =
    secret === undefined
      ? "invalid"
      : await checkApproval(id, { owner, serverUrl, tool, arguments: given }, { secret, now });
  switch (verdict) {
    case "valid":
      return call;
    case "expired":
      throw refuse({ code: "approval_expired", param, why: "has expired: it held for an hour. Ask the model again" });
    case "invalid":
      throw refuse({
        code: "approval_invalid",
        param,
        why: "was not made by this Worker for this key, server, tool and arguments. Send the `mcp_approval_request` back unchanged",
      });
    default:
      return verdict satisfies never;
  }
}

async function checkStored(
  id: string,
  param: string,
  { servers, findStored, claim }: ApprovalCheck,
): Promise<ApprovedCall> {
  const stored = await findStored(id);
  if (stored?.["type"] !== "mcp_approval_request") throw notFound(param);
  const call = describe(id, stored);
  findServer(servers, call.label, param);
  if (!(await claim(id)))
    throw refuse({ code: "approval_already_used", param, why: "was used already: it holds for one call" });
  return call;
}

function describe(approvalId: string, item: JsonRecord): ApprovedCall {
  return {
    approvalId,
    label: readText(item["server_label"]),
    name: readText(item["name"]),
    arguments: readText(item["arguments"]),
  };
}

function findServer(servers: readonly McpServer[], label: string, param: string): McpServer {
  const server = servers.find((known) => known.label === label);
  if (server !== undefined) return server;
  throw invalidRequest({
    code: "approval_server_missing",
    param,
    message: `The request approved in \`${param}\` is for the MCP server ${label.slice(0, 64)}, which is not in \`tools\`. Send the same tools as before.`,
  });
}

function notFound(param: string): ApiError {
  return refuse({
    code: "approval_request_not_found",
    param,
    why: "is neither stored nor in `input`. Continue the response that asked, or send its items back",
  });
}

function refuse({ code, param, why }: { code: string; param: string; why: string }): ApiError {
  return invalidRequest({ code, param, message: `The approval request in \`${param}\` ${why}.` });
}
