// The smallest Worker in front of Workers AI: what the product is compared with.
export default {
  async fetch(request, env) {
    const { model, ...inputs } = await request.json();
    const upstream = await env.AI.run(model, inputs, { returnRawResponse: true, signal: request.signal });
    return new Response(upstream.body, upstream);
  },
};
