// Stands where Workers AI stands behind the binding, inside the same workerd: no network, no JavaScript but this.
// The model's name chooses the answer; what the request says is read and ignored.
const encoder = new TextEncoder();

const message = {
  id: "msg_0123456789abcdef",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "Hello! ".repeat(40), annotations: [], logprobs: [] }],
};
const response = {
  id: "resp_0123456789abcdef",
  object: "response",
  created_at: 1_781_669_946,
  status: "completed",
  error: null,
  incomplete_details: null,
  instructions: null,
  model: "@cf/openai/gpt-oss-20b",
  output: [message],
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: "auto",
  tools: [],
  top_p: 1,
  usage: {
    input_tokens: 70,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 80,
    output_tokens_details: { reasoning_tokens: 20 },
    total_tokens: 150,
  },
};
/** Each answer has an id of its own, as a stored response needs. */
function stamp(text) {
  return encoder.encode(text.replace("resp_0123456789abcdef", `resp_${crypto.randomUUID()}`));
}

const json = JSON.stringify(response);
const chatJson = JSON.stringify({
  id: "id-1778260814069",
  object: "chat.completion",
  created: 1_778_260_814,
  model: "@cf/openai/gpt-oss-20b",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello! ".repeat(40) }, finish_reason: "stop" }],
  usage: { prompt_tokens: 70, completion_tokens: 80, total_tokens: 150 },
});

/** 500 events: an opening, 498 deltas, an end. Each is a chunk of its own, as a model's tokens are. */
const events = Array.from({ length: 500 }, (_, index) => renderEvent(index));

function renderEvent(sequence_number) {
  if (sequence_number === 0) return render({ type: "response.created", response, sequence_number });
  if (sequence_number === 499) return render({ type: "response.completed", response, sequence_number });
  return render({
    type: "response.output_text.delta",
    item_id: message.id,
    output_index: 0,
    content_index: 0,
    delta: " token",
    logprobs: [],
    sequence_number,
  });
}

function render(event) {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The same length in the chat branch's words. */
const chunks = Array.from({ length: 500 }, (_, index) => renderChunk(index));

function renderChunk(index) {
  if (index === 499) return "data: [DONE]\n\n";
  const choice =
    index === 498
      ? { index: 0, delta: {}, finish_reason: "stop" }
      : { index: 0, delta: { content: " token" }, finish_reason: null };
  const chunk = { id: "id-1778260814069", object: "chat.completion.chunk", created: 1_778_260_814, choices: [choice] };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

const eventStream = { headers: { "content-type": "text/event-stream" } };

/** Writes the texts one by one; with `holdMs`, keeps the stream open that long after the first. */
async function writeAll(texts, writable, holdMs = 0) {
  const writer = writable.getWriter();
  try {
    for (const [index, text] of texts.entries()) {
      await writer.write(stamp(text));
      if (index === 0 && holdMs > 0) await scheduler.wait(holdMs);
    }
    await writer.close();
  } catch {
    // The client has left.
  }
}

export default {
  async fetch(request, _env, context) {
    await request.arrayBuffer();
    const model = request.headers.get("cf-consn-model-id");
    if (model === "bench/json" || model === "bench/chat-json") {
      const body = stamp(model === "bench/json" ? json : chatJson);
      // Said as an HTTP server says it: inside one process nothing else tells how long a body is.
      const headers = { "content-type": "application/json", "content-length": String(body.length) };
      return new Response(body, { headers });
    }
    const { readable, writable } = new IdentityTransformStream();
    const texts = model === "bench/chat-stream" ? chunks : events;
    context.waitUntil(writeAll(texts, writable, model === "bench/held" ? 120_000 : 0));
    return new Response(readable, eventStream);
  },
};
