import { describe, expect, it, vi } from "vitest";
import { streamEvents } from "../../src/http/render-answer.ts";
import { answeredRequest, delta, openAnswer, sse } from "../compat/answer/chat-answer.ts";

/** A stream that the test writes by hand as upstream, and reads by hand as the client. */
function openStream({ keepAliveMs = 60_000, silenceMs = 60_000 }: { keepAliveMs?: number; silenceMs?: number } = {}) {
  const { readable, writable } = new IdentityTransformStream();
  const left = new AbortController();
  const { events } = openAnswer(
    { kind: "event-stream", contentType: "", body: readable, upstreamId: undefined, model: "@cf/openai/gpt-oss-20b" },
    answeredRequest(),
    { signal: left.signal, silenceMs },
  );
  const body = streamEvents(events, { afterMs: keepAliveMs, leave: () => left.abort() });
  const writer = writable.getWriter();
  const client = body.getReader();
  const encoder = new TextEncoder();
  return {
    writer,
    client,
    send: (text: string) => writer.write(encoder.encode(text)),
    async receive(): Promise<string | undefined> {
      const { done, value } = await client.read();
      return done ? undefined : new TextDecoder().decode(value);
    },
  };
}

/** The types of the events in a write; a comment as it is. */
function typesOf(text: string | undefined): string[] {
  return [...(text ?? "").matchAll(/^(?:event: (.*)|(:.*)|data: (\[DONE\]))$/gm)].map(
    ([, type, comment, done]) => type ?? comment ?? done ?? "",
  );
}

describe("streamEvents", () => {
  it("opens the Response before upstream has said anything", async () => {
    const stream = openStream();
    expect(typesOf(await stream.receive())).toEqual(["response.created", "response.in_progress"]);
    await stream.client.cancel();
  });

  it("hands on the events of a chunk within one turn of the event loop, in one write", async () => {
    const stream = openStream();
    await stream.receive();
    const received = stream.receive();
    await stream.send(sse(delta({ content: "Hi" })));
    const turn = new Promise<string>((resolve) => setTimeout(() => resolve("the turn is over"), 0));
    expect(typesOf(await Promise.race([received, turn]))).toEqual([
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
    ]);
    await stream.client.cancel();
  });

  it("writes whole events, each of an event line, a data line and an empty line", async () => {
    const stream = openStream();
    await stream.receive();
    const received = stream.receive();
    await stream.send(sse(delta({ content: "line\r\n\nend\u2028" })));
    expect(await received).toMatch(/^(?:event: [a-z_.]+\ndata: \{[^\n]*\}\n\n){3}$/);
    await stream.client.cancel();
  });

  it("ends with the terminal event and [DONE] in one write, and lets go of an upstream that stays open", async () => {
    const stream = openStream();
    await stream.receive();
    const received = stream.receive();
    await stream.send(sse(delta({}, "stop")) + sse("[DONE]"));
    expect(typesOf(await received).slice(-2)).toEqual(["response.completed", "[DONE]"]);
    expect(await stream.receive()).toBeUndefined();
    await expect(stream.send("more")).rejects.toThrow();
  });

  it("comments again and again while upstream is silent, and not at all while it speaks", async () => {
    const stream = openStream({ keepAliveMs: 20 });
    await stream.receive();
    expect(await stream.receive()).toBe(": keep-alive\n\n");
    expect(await stream.receive()).toBe(": keep-alive\n\n");
    const received = stream.receive();
    await stream.send(sse(delta({ content: "Hi" })));
    expect(typesOf(await received)).toHaveLength(3);
    await stream.client.cancel();
  });

  it("queues no comments for a client that doesn't read", async () => {
    const stream = openStream({ keepAliveMs: 5 });
    await stream.receive();
    void stream.send(sse(delta({ content: "Hi" })));
    await scheduler.wait(60);
    expect(typesOf(await stream.receive())).toHaveLength(3);
    await stream.client.cancel();
  });

  it("queues one comment at most for a client that stops reading", async () => {
    const stream = openStream({ keepAliveMs: 10 });
    await stream.receive();
    expect(await stream.receive()).toBe(": keep-alive\n\n");
    await scheduler.wait(60);
    void stream.send(sse(delta({ content: "Hi" })));
    await scheduler.wait(5);
    expect(await stream.receive()).toBe(": keep-alive\n\n");
    expect(typesOf(await stream.receive())).toHaveLength(3);
    await stream.client.cancel();
  });

  it("reads upstream no faster than the client reads", async () => {
    const stream = openStream();
    await stream.receive();
    const sent = vi.fn<() => void>();
    void stream.send(sse(delta({ content: "a" }))).then(sent);
    await scheduler.wait(20);
    expect(sent).not.toHaveBeenCalled();
    await stream.receive();
    expect(sent).toHaveBeenCalledOnce();
    await stream.client.cancel();
  });

  it.each([0, 1])("cancels upstream when the client leaves after %i reads", async (reads) => {
    const stream = openStream();
    for (let read = 0; read < reads; read += 1) await stream.receive();
    const pending = stream.client.read().catch(() => {});
    await stream.client.cancel("left");
    await pending;
    await expect(stream.send("more")).rejects.toThrow();
  });

  it("fails when upstream says nothing for too long", async () => {
    const stream = openStream({ silenceMs: 30, keepAliveMs: 20 });
    await stream.receive();
    const writes: string[] = [];
    for (let write = await stream.receive(); write !== undefined; write = await stream.receive()) writes.push(write);
    expect(writes[0]).toBe(": keep-alive\n\n");
    expect(typesOf(writes.at(-1))).toEqual(["error", "response.failed", "[DONE]"]);
    expect(writes.at(-1)).toContain('"code":"upstream_timeout"');
    await expect(stream.send("more")).rejects.toThrow();
  });

  it("takes comments from upstream for silence", async () => {
    const stream = openStream({ silenceMs: 60 });
    await stream.receive();
    const received = stream.receive();
    const pings = setInterval(() => void stream.send(": ping\n\n").catch(() => {}), 10);
    expect(typesOf(await received)).toEqual(["error", "response.failed", "[DONE]"]);
    clearInterval(pings);
  });

  it("counts only upstream's silence, not the time a client takes", async () => {
    const stream = openStream({ silenceMs: 30 });
    await stream.receive();
    void stream.send(sse(delta({ content: "Hi" })));
    await scheduler.wait(80);
    expect(typesOf(await stream.receive())).toHaveLength(3);
    const received = stream.receive();
    await stream.send(sse(delta({}, "stop")) + sse("[DONE]"));
    expect(typesOf(await received)).toContain("response.completed");
  });

  it("leaves no timer behind", async () => {
    const clear = vi.spyOn(globalThis, "clearTimeout");
    const set = vi.spyOn(globalThis, "setTimeout");
    try {
      const stream = openStream();
      await stream.receive();
      const received = stream.receive();
      await stream.send(sse(delta({}, "stop")) + sse("[DONE]"));
      await received;
      expect(set).toHaveBeenCalledTimes(2);
      const cleared = clear.mock.calls.map(([timer]) => timer);
      for (const { value } of set.mock.results) expect(cleared).toContain(value);
    } finally {
      vi.restoreAllMocks();
    }
  });
});
