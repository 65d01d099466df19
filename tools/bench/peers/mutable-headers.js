// Loaded before Portkey's gateway (`node --import`). In 1.15.2 it writes into the headers of what `fetch` answered, and
// under @hono/node-server these can't be written: without this every stream is a 500, "immutable" in its log.
const { fetch: callUpstream, Headers, Response } = globalThis;

globalThis.fetch = async (...call) => {
  const { body, status, headers } = await callUpstream(...call);
  return new Response(body, { status, headers: new Headers(headers) });
};
