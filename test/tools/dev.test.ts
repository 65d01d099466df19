import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { findModels } from "../../tools/dev/find-models.ts";
import { renderLine } from "../../tools/dev/render-line.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that lists these models, or answers with that text, at `/v1/models`. */
async function serve(program: string, answer: string[] | string) {
  const body = typeof answer === "string" ? answer : JSON.stringify({ data: answer.map((id) => ({ id })) });
  const server = createServer((request, response) =>
    response.writeHead(request.url === "/v1/models" ? 200 : 404).end(body),
  );
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { program, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

describe("servers on this machine", () => {
  test("are found when they have gpt-oss, in the order given", async () => {
    const ollama = await serve("Ollama", ["llama3:8b", "gpt-oss:20b"]);
    const other = await serve("LM Studio", ["openai/gpt-oss-120b"]);
    expect(await findModels([other, ollama])).toEqual([
      { ...other, model: "openai/gpt-oss-120b" },
      { ...ollama, model: "gpt-oss:20b" },
    ]);
  });

  test("are not when they have another model, are something else, or are not there", async () => {
    const gone = await serve("llama.cpp", []);
    servers.pop()?.close();
    expect(await findModels([await serve("Ollama", ["llama3:8b"]), await serve("LM Studio", "<html>"), gone])).toEqual(
      [],
    );
  });
});

describe("a line of npm run dev", () => {
  const request = {
    event: "request",
    method: "POST",
    route: "/v1/responses",
    status: 200,
    ttfb_ms: 9,
    duration_ms: 412,
  };
  const tokens = { input_tokens: 1_000, output_tokens: 50, error_code: null };

  test.each([
    [JSON.stringify({ ...request, ...tokens }), "  POST /v1/responses  200  412 ms  tokens 1000 in, 50 out"],
    [
      JSON.stringify({
        ...request,
        status: 401,
        duration_ms: null,
        output_tokens: null,
        error_code: "missing_api_key",
      }),
      "  POST /v1/responses  401  9 ms  missing_api_key",
    ],
    ['{"event":"request" and no more', '{"event":"request" and no more'],
    ["Reloading local server...", "Reloading local server..."],
    ["[wrangler:info] POST /v1/responses 200 OK (12ms)", undefined],
    ['WARNING {"event":"auth_none","message":"AUTH=none"}', undefined],
    ["", undefined],
    ["❓ Your types might be out of date. Re-run `wrangler types`", undefined],
  ])("%s", (line, rendered) => {
    expect(renderLine(line)).toBe(rendered);
  });
});
