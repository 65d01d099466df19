import type { WireEvent } from "./scripted-api.ts";

export type Item = { id: string; type: string } & Record<string, unknown>;

const usage = {
  input_tokens: 412,
  input_tokens_details: { cached_tokens: 128 },
  output_tokens: 356,
  output_tokens_details: { reasoning_tokens: 96 },
  total_tokens: 768,
};

export function message(id: string, text: string, annotations: object[] = []): Item {
  const content = [{ type: "output_text", text, annotations, logprobs: [] }];
  return { id, type: "message", role: "assistant", status: "completed", content };
}

export function reasoning(id: string, text: string): Item {
  return { id, type: "reasoning", status: "completed", summary: [{ type: "summary_text", text }], content: [] };
}

export function response(id: string, output: readonly Item[], fields: object = {}) {
  return {
    id,
    object: "response",
    created_at: 1_764_000_000,
    status: "completed",
    error: null,
    incomplete_details: null,
    model: "@cf/openai/gpt-oss-20b",
    output,
    usage,
    tools: [],
    previous_response_id: null,
    ...fields,
  };
}

/** The events of a whole stream, in the order OpenAI's API sends them. Texts come in pieces of `pieceLength` characters. */
export function* writeEvents(id: string, output: readonly Item[], pieceLength = 12): Generator<WireEvent, void> {
  let sequence_number = 0;
  const stamp = (event: WireEvent): WireEvent => ({ ...event, sequence_number: sequence_number++ });
  yield stamp({ type: "response.created", response: response(id, [], { status: "in_progress", usage: null }) });
  for (const [output_index, item] of output.entries()) {
    const place = { item_id: item.id, output_index };
    yield stamp({ type: "response.output_item.added", output_index, item: emptied(item) });
    for (const event of deltasOf(item, pieceLength)) yield stamp({ ...event, ...place });
    yield stamp({ type: "response.output_item.done", output_index, item });
  }
  yield stamp({ type: "response.completed", response: response(id, output) });
}

function emptied(item: Item): Item {
  const {
    content: _content,
    summary: _summary,
    output: _output,
    result: _result,
    error: _error,
    tools: _tools,
    ...rest
  } = item;
  return {
    ...rest,
    status: "in_progress",
    ...(item["arguments"] !== undefined && item.type !== "mcp_approval_request" && { arguments: "" }),
  };
}

function* deltasOf(item: Item, length: number): Generator<WireEvent, void> {
  const cut = (text: string) => text.match(new RegExp(`[^]{1,${length}}`, "g")) ?? [];
  switch (item.type) {
    case "message": {
      yield { type: "response.content_part.added", content_index: 0, part: { type: "output_text", text: "" } };
      for (const delta of cut(textOf(item["content"])))
        yield { type: "response.output_text.delta", content_index: 0, delta };
      break;
    }
    case "reasoning":
      for (const delta of cut(textOf(item["summary"]))) {
        yield { type: "response.reasoning_summary_text.delta", summary_index: 0, delta };
      }
      break;
    case "function_call":
      for (const delta of cut(String(item["arguments"])))
        yield { type: "response.function_call_arguments.delta", delta };
      break;
    case "web_search_call":
      for (const step of ["in_progress", "searching", "completed"]) yield { type: `response.web_search_call.${step}` };
      break;
    case "mcp_list_tools":
      for (const step of ["in_progress", "completed"]) yield { type: `response.mcp_list_tools.${step}` };
      break;
    case "mcp_call":
      yield { type: "response.mcp_call.in_progress" };
      for (const delta of cut(String(item["arguments"]))) yield { type: "response.mcp_call_arguments.delta", delta };
      yield { type: "response.mcp_call.completed" };
      break;
    case "image_generation_call":
      for (const step of ["in_progress", "generating", "completed"])
        yield { type: `response.image_generation_call.${step}` };
      break;
    default:
  }
}

function textOf(parts: unknown): string {
  return (parts as { text: string }[])[0]?.text ?? "";
}
