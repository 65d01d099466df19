import { describe, expect, it } from "vitest";
import { type Mode, noLimits } from "../../src/call.ts";
import { Connection } from "../../src/websocket/connection.ts";

const apiKey = "key-one-0123456789";
const encoder = new TextEncoder();

interface Frame {
  type: string;
  status?: number;
  stream_id?: string;
  error?: { code: string };
  response?: { id: string };
}

/** The client's end of a connection: all that came, and how it ended. */
class Client {
  readonly #socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #wake: () => void = () => {};

  constructor(socket: WebSocket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<{ code: number; reason: string }>();
    this.closed = promise;
    socket.accept();
    socket.addEventListener("message", ({ data }) => {
      this.frames.push(JSON.parse(String(data)) as Frame);
      this.#wake();
    });
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
  }

  create(fields: object = {}): void {
    this.#socket.send(JSON.stringify({ type: "response.create", input: "Hi", store: false, ...fields }));
  }

  steer(input: string): void {
    this.#socket.send(JSON.stringify({ type: "response.steer", previous_response_id: "resp_1", input }));
  }

  /** Waits for so many frames of a type. */
  async waitFor(type: string, count = 1): Promise<void> {
    while (this.frames.filter((frame) => frame.type === type).length < count) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** An `AI` binding whose streams end when `gate` settles. */
function createAi(gate: Promise<void> = Promise.resolve()) {
  const ai = {
    calls: 0,
    run() {
      ai.calls += 1;
      const body = new ReadableStream({
        type: "bytes",
        async start(controller) {
          controller.enqueue(encoder.encode(chunk({ content: "Hi" }, null)));
          await gate;
          controller.enqueue(encoder.encode(`${chunk({}, "stop")}data: [DONE]\n\n`));
          controller.close();
        },
      });
      return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
    },
  };
  return ai;
}

function chunk(delta: object, finish_reason: string | null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
}

/** `settings` are asked for again with each turn. */
function connect({
  settings = {},
  mode = "compat",
  lifeMs,
}: { settings?: object; mode?: Mode; lifeMs?: number } = {}): Client {
  const pair = new WebSocketPair();
  pair[1].accept();
  const bindings = { AI: createAi(), API_KEYS: `alice:${apiKey}`, ...settings };
  const opening = {
    get bindings() {
      return "current" in settings ? Object(settings.current) : bindings;
    },
    mode,
    route: "/openai/v1/responses",
    requestId: "unit",
    caller: { owner: "alice", name: "alice", models: null, limits: noLimits },
    credentials: { authorization: `Bearer ${apiKey}`, address: undefined },
  } as const;
  void new Connection(pair[1], opening, lifeMs);
  return new Client(pair[0]);
}

describe("a client that only steers", () => {
  it("is cut off like one that does not read", async () => {
    const client = connect({ settings: { WEBSOCKET_BUFFER_BYTES: "262144" } });
    for (let frame = 0; frame < 6; frame += 1) client.steer("x".repeat(60_000));
    expect(await client.closed).toMatchObject({ code: 1008 });
    expect(client.frames.length).toBe(4);
  });
});

describe("a frame that is refused", () => {
  it("is told so in its lane", async () => {
    const client = connect();
    client.create({ stream_id: "a", background: true });
    client.create({ stream_id: "b", generate: "no" });
    client.create({ stream_id: "c", input: 7 });
    client.create({ stream_id: "not one", background: true });
    await client.waitFor("error", 4);
    const told = client.frames.map((frame) => [frame.error?.code, frame.stream_id]);
    expect(told.toSorted((left, right) => String(left).localeCompare(String(right)))).toEqual([
      ["invalid_stream_id", undefined],
      ["invalid_type", "b"],
      ["invalid_type", "c"],
      ["unsupported_parameter", "a"],
    ]);
  });
});

describe("an answer without an output", () => {
  it("ends its turn, and is continued", async () => {
    const response = { id: "resp_1", object: "response", status: "completed" };
    const events = [
      { type: "response.created", response, sequence_number: 0 },
      { type: "response.completed", response, sequence_number: 1 },
    ];
    const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
    const headers = { "content-type": "text/event-stream" };
    const client = connect({ mode: "native", settings: { AI: { run: async () => new Response(body, { headers }) } } });
    client.create();
    await client.waitFor("response.completed");
    client.create({ previous_response_id: "resp_1" });
    await client.waitFor("response.completed", 2);
    expect(client.frames).toEqual([...events, ...events]);
  });
});

describe("instructions of a long session", () => {
  it("are no part of what is held", async () => {
    const client = connect({ settings: { MAX_BODY_BYTES: "1000" } });
    const instructions = "x".repeat(400);
    for (let turn = 1; turn <= 5; turn += 1) {
      const { response } = client.frames.at(-1) ?? {};
      client.create({ instructions, ...(response && { previous_response_id: response.id }) });
      await client.waitFor("response.completed", turn);
    }
    expect(client.frames.some(({ type }) => type === "error")).toBe(false);
  });
});

const limitReached = {
  type: "error",
  status: 400,
  error: {
    type: "invalid_request_error",
    code: "websocket_connection_limit_reached",
    message: "This connection has lived as long as it may. Open a new one to go on.",
    param: "",
  },
};

const retired = { code: 1000, reason: "The connection has lived as long as it may." };

describe("a connection that has lived as long as it may", () => {
  it("says so and closes with 1000", async () => {
    const client = connect({ lifeMs: 10 });
    expect(await client.closed).toEqual(retired);
    expect(client.frames).toEqual([limitReached]);
  });

  it("lets a turn that runs end before, and lets none begin", async () => {
    const gate = Promise.withResolvers<void>();
    const ai = createAi(gate.promise);
    const client = connect({ lifeMs: 50, settings: { AI: ai } });
    client.create();
    client.create();
    await client.waitFor("response.output_text.delta");
    await scheduler.wait(100);
    client.create({ stream_id: "late" });
    await client.waitFor("error");
    expect(client.frames.at(-1)).toEqual({ ...limitReached, stream_id: "late" });
    gate.resolve();
    expect(await client.closed).toEqual(retired);
    expect(client.frames.slice(-2)).toMatchObject([{ type: "response.completed" }, limitReached]);
    expect(ai.calls).toBe(1);
  });

  it("is one that has made 900 calls of Cloudflare's services", async () => {
    const ai = createAi();
    const client = connect({ settings: { AI: ai } });
    for (let count = 1; count <= 900; count += 1) {
      client.create();
      await client.waitFor("response.completed", count);
      if (count === 899) expect(client.frames.some(({ type }) => type === "error")).toBe(false);
    }
    expect(await client.closed).toEqual(retired);
    expect(client.frames.at(-1)).toEqual(limitReached);
    expect(ai.calls).toBe(900);
  });
});

describe("a connection", () => {
  it("whose key is revoked meanwhile gets a 401 and ends with 1008", async () => {
    const ai = createAi();
    const settings = { current: { AI: ai, API_KEYS: `alice:${apiKey}` } };
    const client = connect({ settings });
    client.create();
    await client.waitFor("response.completed");
    settings.current = { AI: ai, API_KEYS: "bob:key-two-0123456789" };
    client.create();
    expect(await client.closed).toEqual({ code: 1008, reason: "The API key is not valid." });
    expect(client.frames.at(-1)).toMatchObject({
      type: "error",
      status: 401,
      error: { type: "authentication_error", code: "invalid_api_key", param: "" },
    });
    expect(ai.calls).toBe(1);
  });

  it("at which the Worker itself fails says so, without what failed, and ends with 1011", async () => {
    const THREADS = {
      getByName() {
        throw new TypeError("a secret from inside");
      },
    };
    const client = connect({ settings: { THREADS } });
    client.create({ previous_response_id: `resp_${"0".repeat(45)}`, store: true });
    expect(await client.closed).toEqual({ code: 1011, reason: "Something went wrong inside the Worker." });
    expect(client.frames).toEqual([
      {
        type: "error",
        status: 500,
        error: {
          type: "server_error",
          code: "internal_error",
          message: "Something went wrong inside the Worker. Its log names this request by the x-request-id.",
          param: "",
        },
      },
    ]);
  });
});
