import { findMark, frameResult } from "../../hosted/frame-result.ts";
import { describeOutcome } from "../../hosted/mcp/mcp-call.ts";
import { nameMcpTool } from "../../hosted/mcp/name-tool.ts";
import { readResults } from "../../hosted/web-search/search-result.ts";
import { renderResults } from "../../hosted/web-search/search-web.ts";
import { validate } from "../../http/validate.ts";
import {
  ApprovalRequestInput,
  ApprovalResponseInput,
  ImageCallInput,
  McpCallInput,
  McpListingInput,
  SearchCallInput,
} from "../../protocol/input-items.ts";
import { isRecord, type JsonRecord, readText, tryParse } from "../../protocol/json.ts";
import type { MessageBuilder } from "./build-messages.ts";

type Path = readonly PropertyKey[];

/** What became of the approval requests in a context. */
export interface Approvals {
  /** By the id of the request. */
  responses: ReadonlyMap<string, ApprovalResponseInput>;
  /** Ids of the requests whose call is an item of its own. */
  called: ReadonlySet<unknown>;
}

/** Looks up what the user said to the approval requests of a context, wherever it stands. */
export function readApprovals(items: readonly JsonRecord[]): Approvals {
  const responses = new Map<string, ApprovalResponseInput>();
  for (const [index, item] of items.entries()) {
    if (item["type"] !== "mcp_approval_response") continue;
    const response = validate(ApprovalResponseInput, item, ["input", index]);
    responses.set(response.approval_request_id, response);
  }
  const calls = items.filter(({ type }) => type === "mcp_call");
  return { responses, called: new Set(calls.map((item) => item["approval_request_id"])) };
}

/**
 * Gives the model what a hosted tool did before, as a call and its result: the public item says it otherwise. Returns
 * false for an item of another kind. An image's base64 and a server's list of tools never enter a prompt.
 * @throws {ApiError} 400 that names the field that is of a wrong kind
 */
export function addHostedItem(
  builder: MessageBuilder,
  { item, path }: { item: JsonRecord; path: Path },
  approvals: Approvals,
): boolean {
  switch (item["type"]) {
    case "web_search_call":
      addSearch(builder, { item: validate(SearchCallInput, item, path), path });
      return true;
    case "image_generation_call": {
      const { id, status, revised_prompt: prompt } = validate(ImageCallInput, item, path);
      const result = status === "failed" ? "No image was made." : "The image was made, and the user sees it.";
      addPair(builder, {
        id: id ?? fallbackId(path),
        name: "image_generation",
        given: { prompt: prompt ?? "" },
        result,
      });
      return true;
    }
    case "mcp_call": {
      const call = validate(McpCallInput, item, path);
      const { id, server_label: label, name, arguments: given } = call;
      addPair(builder, {
        id: id ?? fallbackId(path),
        name: nameMcpTool(label, name),
        given: given ?? "{}",
        result: describeOutcome(call),
      });
      return true;
    }
    case "mcp_approval_request":
      addApproval(builder, validate(ApprovalRequestInput, item, path), approvals);
      return true;
    case "mcp_list_tools":
      validate(McpListingInput, item, path);
      return true;
    case "mcp_approval_response":
      return true;
    default:
      return false;
  }
}

function addSearch(builder: MessageBuilder, { item, path }: { item: SearchCallInput & JsonRecord; path: Path }): void {
  const { id, action, results, status } = item;
  const pair = { id: id ?? fallbackId(path) };
  if (action?.type === "open_page") {
    const result = status === "failed" ? "The page was not read." : "The page was read; its text is not repeated here.";
    addPair(builder, { ...pair, name: "open_page", given: { url: action.url ?? "" }, result });
    return;
  }
  addPair(builder, {
    ...pair,
    name: "web_search",
    given: { query: action?.query ?? "" },
    result: status === "failed" ? "The search failed." : renderFound(results, action?.["sources"]),
  });
}

/** Items hold what was found, or its addresses, only where the request that made them asked for it. */
function renderFound(results: unknown, sources: unknown): string {
  if (Array.isArray(results))
    return renderResults(readResults(results, { text: "text", date: "date" }), { textLength: 2_000 });
  const urls = (Array.isArray(sources) ? sources : []).filter(isRecord).map(({ url }) => readText(url));
  return ["What was found is not repeated here.", ...urls].join("\n");
}

/** A call that waits for the user, or that the user has refused. One that was approved is an item of its own. */
function addApproval(builder: MessageBuilder, request: ApprovalRequestInput, { responses, called }: Approvals): void {
  const { id, server_label: label, name, arguments: given } = request;
  const response = responses.get(id);
  if (called.has(id) || response?.approve === true) return;
  const reason = response?.reason ? ` The user says: ${response.reason}` : "";
  const result =
    response === undefined
      ? "The call was not made: the user has not approved it yet."
      : `The call was not made: the user refused it.${reason}`;
  addCall(builder, { id, name: nameMcpTool(label, name), given });
  builder.addOutput(id, result);
}

interface Pair {
  id: string;
  name: string;
  given: JsonRecord | string;
  result: string;
}

function addPair(builder: MessageBuilder, { result, ...call }: Pair): void {
  addCall(builder, call);
  builder.addOutput(call.id, frameResult({ tool: call.name, text: result, mark: findMark(call.id) }));
}

/** Some templates parse the arguments of a call. */
function addCall(builder: MessageBuilder, { id, name, given }: Omit<Pair, "result">): void {
  const text = typeof given === "string" ? given : JSON.stringify(given);
  builder.addCall({
    id,
    type: "function",
    function: { name, arguments: tryParse(text) === undefined ? "{}" : text },
  });
}

/** An item that a client sends without its id. */
function fallbackId(path: Path): string {
  return `hosted_${path.join("_")}`;
}
