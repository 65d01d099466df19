// Receives what workerd's Analytics Engine binding sends: one POST of JSON a data point, its texts as lists of bytes.
const points = [];

export default {
  async fetch(request) {
    if (request.method === "GET") return Response.json(points);
    const fields = Object.entries(await request.json()).map(([name, value]) => [
      name,
      Array.isArray(value) ? new TextDecoder().decode(new Uint8Array(value)) : value,
    ]);
    points.push(Object.fromEntries(fields));
    return new Response();
  },
};
