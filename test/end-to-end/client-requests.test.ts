import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { type RecordedRequest, readRecordedRequests, replayRequest } from "../support/recorded-requests.ts";
import { type Api, startApi } from "../support/start-api.ts";

const needsState = (field: string) => ({
  status: 400,
  error: {
    message: `This Worker keeps no state, so it can't serve \`${field}\`. Send the whole context in \`input\`; its operator turns state on by binding THREADS.`,
    type: "invalid_request_error",
    param: field,
    code: "unsupported_parameter",
  },
});

const unknownModel = {
  status: 404,
  error: {
    message: "This Worker does not serve that model. It serves: @cf/openai/gpt-oss-20b.",
    type: "not_found_error",
    param: "model",
    code: "model_not_found",
  },
};

/** The recorded create requests that native mode without storage refuses: why, and with what. */
const refused: Record<string, { reason: string; status: number; error: Record<string, string> }> = {
  "ai-sdk-openai-4.0.118/multi-turn#1": {
    reason: "refers to an item of an earlier response, which nobody stored",
    ...needsState("input[1]"),
  },
  "ai-sdk-openai-4.0.118/multi-turn-previous-response-id#1": {
    reason: "goes on from a stored response",
    ...needsState("previous_response_id"),
  },
  "langchain-openai-1.6.0/multi-turn-previous-response-id#1": {
    reason: "goes on from a stored response",
    ...needsState("previous_response_id"),
  },
  "openai-7.57.0/previous-response-id#1": {
    reason: "goes on from a stored response",
    ...needsState("previous_response_id"),
  },
  "openai-7.57.0/tool-round-trip-previous-id#1": {
    reason: "goes on from a stored response",
    ...needsState("previous_response_id"),
  },
  "openai-agents-0.20.0/multi-turn-previous-response-id#1": {
    reason: "goes on from a stored response",
    ...needsState("previous_response_id"),
  },
  "openai-7.57.0/background#0": { reason: "wants to run without the client", ...needsState("background") },
  "openai-7.57.0/conversation#1": {
    reason: "belongs to a stored conversation",
    ...needsState("conversation"),
  },
  "codex-0.169.0/builtin-openai-base-url#1": { reason: "names a model of OpenAI's", ...unknownModel },
  "codex-0.169.0/known-model-gpt-5.5#0": { reason: "names a model of OpenAI's", ...unknownModel },
  "curl-7.88.1/malformed-json#0": {
    reason: "is cut off inside a string",
    status: 400,
    error: {
      message: "The request body is not valid JSON.",
      type: "invalid_request_error",
      param: "",
      code: "invalid_json",
    },
  },
};

const recorded = await readRecordedRequests();
const isCreate = ({ method, path }: RecordedRequest) => method === "POST" && /^\/v1\/responses(\?|$)/.test(path);
const creates = recorded.filter(isCreate);
const accepted = creates.filter(({ name }) => refused[name] === undefined);
const others = recorded.filter((request) => !isCreate(request));

let api: Api;

beforeAll(async () => {
  api = await startApi(inject("bundlePath"));
});
beforeEach(() => api.upstream.clear());
afterAll(() => api?.stop());

const replay = (request: RecordedRequest) => replayRequest(api.workerd.port(), request);

describe("recorded requests of real clients", () => {
  test("are all there", () => {
    expect(new Set(recorded.map(({ name }) => name.split("/")[0])).size).toBe(6);
    expect({ creates: creates.length, accepted: accepted.length, others: others.length }).toEqual({
      creates: 123,
      accepted: 112,
      others: 14,
    });
    expect(creates.length - accepted.length).toBe(Object.keys(refused).length);
  });

  test.each(accepted)("$name is accepted and forwarded unchanged", async (request) => {
    const { model, ...sent } = request.body as Record<string, unknown>;
    const answer =
      sent["stream"] === true
        ? { headers: { "content-type": "text/event-stream" }, body: "data: [DONE]\n\n" }
        : { body: '{"object":"response"}' };
    api.upstream.setScript(answer);
    const response = await replay(request);
    expect({ status: response.status, body: response.body.toString() }).toEqual({ status: 200, body: answer.body });
    const call = await api.upstream.nextCall();
    expect(model).toBe("@cf/openai/gpt-oss-20b");
    expect(call.model).toBe(model);
    // The one thing that is taken out: nulls, which clients send for fields they leave unset.
    const unset = Object.keys(sent).filter((field) => sent[field] === null);
    expect(unset.length > 0).toBe(request.name === "openai-7.57.0/null-params#0");
    for (const field of unset) delete sent[field];
    expect(call.inputsText).toBe(JSON.stringify(sent));
  });

  test.each(Object.entries(refused))("%s is refused with the reason it has", async (name, { status, error }) => {
    const request = creates.find((create) => create.name === name);
    if (request === undefined) throw new Error(`no recording is called ${name}`);
    const response = await replay(request);
    expect({ status: response.status, body: JSON.parse(response.body.toString()) as unknown }).toEqual({
      status,
      body: { error },
    });
    expect(api.upstream.calls).toEqual([]);
  });

  test("list the models", async () => {
    const lists = others.filter(({ path }) => path.startsWith("/v1/models"));
    expect(lists).toHaveLength(4);
    for (const request of lists) {
      const response = await replay(request);
      expect(response.status).toBe(200);
      expect(JSON.parse(response.body.toString())).toMatchObject({
        object: "list",
        data: [{ id: "@cf/openai/gpt-oss-20b", object: "model" }, { id: "gpt-oss-20b" }],
      });
    }
  });

  test("ask for a WebSocket, and get one", async () => {
    const upgrades = others.filter(({ method, path }) => method === "GET" && path === "/v1/responses");
    expect(upgrades).toHaveLength(2);
    for (const request of upgrades) {
      // The recording left out what belongs to one connection only.
      const handshake = {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      };
      const response = await replay({ ...request, headers: { ...request.headers, ...handshake } });
      expect(response.status).toBe(101);
    }
  });

  test("ask for what a Worker without storage and in native mode has not, and get a 4xx without a model call", async () => {
    const missing = others.filter(({ path }) => /^\/v1\/(conversations|responses\/)/.test(path));
    expect(missing).toHaveLength(8);
    for (const request of missing) {
      const response = await replay(request);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
      const { error } = JSON.parse(response.body.toString()) as { error: Record<string, unknown> };
      expect(Object.values(error).map((value) => typeof value)).toEqual(["string", "string", "string", "string"]);
    }
    expect(api.upstream.calls).toEqual([]);
  });
});
