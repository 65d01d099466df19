/** Hands a stream on in JavaScript, read by read, and does nothing else: the least that any translation costs. */
export default {
  async fetch(request, env) {
    const { model = "@cf/openai/gpt-oss-20b", ...inputs } = await request.json();
    const answer = await env.AI.run(model, inputs, { returnRawResponse: true });
    const source = answer.body.getReader();
    const body = new ReadableStream(
      {
        async pull(controller) {
          const { done, value } = await source.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
};
