/** Stands where the web is: a few files under one name, and what goes wrong with others. */
const pages = {
  "/notes.txt": () => new Response("The tide turns at noon.", { headers: { "content-type": "text/plain" } }),
  "/report": () =>
    new Response("%PDF-1.4 lighthouse", { headers: { "content-type": "application/pdf; charset=binary" } }),
  "/dot.png": () => showImage(),
  // What a recorded request names.
  "/a.png": () => showImage(),
  "/moved": () => new Response(null, { status: 302, headers: { location: "/notes.txt" } }),
  "/inwards": () => new Response(null, { status: 302, headers: { location: "https://169.254.169.254/latest" } }),
  "/far/1": () => new Response(null, { status: 302, headers: { location: "/far/2" } }),
  "/far/2": () => new Response(null, { status: 302, headers: { location: "/notes.txt" } }),
  "/round": () => new Response(null, { status: 302, headers: { location: "/round" } }),
  "/large": () => new Response(new Uint8Array(10_485_761)),
  "/none": () => new Response("gone", { status: 404 }),
  "/empty.txt": () => new Response("", { headers: { "content-type": "text/plain" } }),
};

function showImage() {
  const base64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  return new Response(Uint8Array.fromBase64(base64), { headers: { "content-type": "image/png" } });
}

let requests = [];

export default {
  async fetch(request) {
    const { hostname, pathname } = new URL(request.url);
    // The test asks on the Worker's own socket what was fetched.
    if (hostname === "127.0.0.1") {
      const seen = requests;
      requests = [];
      return Response.json(seen);
    }
    requests.push(request.url);
    const hosts = ["files.example", "example.com"];
    const page = hosts.includes(hostname) ? pages[pathname] : undefined;
    if (page === undefined) throw new Error("there is no such server");
    return page();
  },
};
