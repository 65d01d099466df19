import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { documents, images, toDataUrl } from "../support/sample-files.ts";
import { type DevServer, startDev } from "../support/start-dev.ts";

/** A real server in LOCAL_UPSTREAM's place. It answers with what it was sent; `hang` in the input keeps it silent. */
const received: { url: string | undefined; body: string }[] = [];
let hangingCall: "none" | "open" | "closed" = "none";
const server = createServer((request, response) => void answer(request, response));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
  received.push({ url: request.url, body });
  if (body.includes("hang")) {
    hangingCall = "open";
    response.once("close", () => (hangingCall = "closed"));
    return;
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end('{ "object":"response", "from" : "upstream" }\n');
}

let standIn: DevServer;
let forwarding: DevServer;

beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  standIn = await startDev();
  forwarding = await startDev({
    vars: { LOCAL_UPSTREAM: `http://127.0.0.1:${port}/v1/`, UPSTREAM_TIMEOUT_MS: "1000" },
  });
}, 60_000);

afterAll(async () => {
  await standIn?.stop();
  await forwarding?.stop();
  server.closeAllConnections();
  server.close();
});

function post(to: DevServer, body: object | string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${to.url}/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(signal !== undefined && { signal }),
  });
}

describe("npm run dev", () => {
  test("answers with no key and no account", async () => {
    const response = await post(standIn, { input: "hello" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toContain("This is the local stand-in for @cf/openai/gpt-oss-20b");
  });

  test("reads a PDF and says what an image is, with no account", async () => {
    const [report] = documents;
    if (report === undefined) throw new Error("there is no PDF");
    const content = [
      { type: "input_file", filename: report.name, file_data: toDataUrl(report) },
      { type: "input_image", image_url: toDataUrl(images.png) },
      { type: "input_text", text: "What do they show?" },
    ];
    const response = await fetch(`${standIn.url}/openai/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ input: [{ role: "user", content }] }),
    });
    expect(response.status).toBe(200);
    const said = await response.text();
    expect(said).toContain("The lighthouse is 41 metres high.");
    expect(said).toContain("This one is image/png, of 1 × 1 pixels, 70 bytes.");
  });

  test("answers what the model's documentation page shows for a Worker: instructions and input", async () => {
    // developers.cloudflare.com/workers-ai/models/gpt-oss-20b, "Usage", the inputs of env.AI.run().
    const response = await post(standIn, {
      instructions: "You are a concise assistant.",
      input: "What is the origin of the phrase Hello, World?",
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      object: "response",
      status: "completed",
      model: "@cf/openai/gpt-oss-20b",
      instructions: "You are a concise assistant.",
    });
  });

  test("streams over time", async () => {
    const response = await post(standIn, { input: "hello", stream: true });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const times: number[] = [];
    let text = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      times.push(performance.now());
      text += chunk;
    }
    expect(times.length).toBeGreaterThan(40);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(500);
    expect(text).toContain("event: response.completed\n");
  });

  test("answers upstream's error with its own status", async () => {
    const response = await post(standIn, { input: "[error 3040]" });
    expect(response.status).toBe(429);
  });

  test("stores responses, and answers in the background with every number as it was sent", async () => {
    const queued = await post(standIn, '{"input":"hello","background":true,"metadata":{"n":12345678901234567890}}');
    const { id, status } = (await queued.json()) as { id: string; status: string };
    expect(status).toBe("queued");
    const read = () => fetch(`${standIn.url}/v1/responses/${id}`);
    await expect.poll(async () => (await read()).text(), { timeout: 10_000 }).toContain('"status":"completed"');
    const text = await (await read()).text();
    expect(text).toContain("This is the local stand-in for @cf/openai/gpt-oss-20b");
    const next = await post(standIn, { input: "and?", previous_response_id: id });
    expect(next.status).toBe(200);
  });

  test("breaks the connection of a stream that dies half-way", async () => {
    const response = await post(standIn, { input: "[error midstream]", stream: true });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow("terminated");
  });

  test("stays up when a client leaves a call that never answers", async () => {
    await expect(post(standIn, { input: "[hang]" }, AbortSignal.timeout(300))).rejects.toThrow("timeout");
    expect((await post(standIn, { input: "still there?" })).status).toBe(200);
  });
});

describe("npm run dev with LOCAL_UPSTREAM", () => {
  test("forwards the body with the server's name of the model and passes its bytes back", async () => {
    received.length = 0;
    const response = await post(
      forwarding,
      '{"model":"@cf/openai/gpt-oss-20b","input":"hi","metadata":{"big":9007199254740993,"nested":[1,{"é":null}]}}',
    );
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('{ "object":"response", "from" : "upstream" }\n');
    expect(received.map(({ url }) => url)).toEqual(["/v1/responses"]);
    expect(received[0]?.body).toContain("9007199254740993");
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({
      input: "hi",
      metadata: { big: Number("9007199254740993"), nested: [1, { é: null }] },
      model: "openai/gpt-oss-20b",
    });
  });

  test("cancels the forwarded call when the Worker's timeout is over", async () => {
    const response = await post(forwarding, { input: "hang" });
    expect(response.status).toBe(504);
    await expect.poll(() => hangingCall).toBe("closed");
  });

  test("names the server in the client's error when it can't be reached", async () => {
    server.closeAllConnections();
    server.close();
    for (const base of ["/v1", "/openai/v1"]) {
      const response = await fetch(`${forwarding.url}${base}/responses`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"input":"hi"}',
      });
      expect(response.status).toBe(502);
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect(error.code).toBe("upstream_error");
      expect(error.message).toMatch(
        /^LOCAL_UPSTREAM failed, or can't be reached, at http:\/\/127\.0\.0\.1:\d+\/v1\/\. Is the server running\?$/,
      );
    }
  });
});
