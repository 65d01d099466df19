import OpenAI from "openai";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createWebhookEvent, deliverWebhook, nextPause, type WebhookEvent } from "../../src/background/webhook.ts";

const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const target = { url: "https://receiver.example/hook", secret };

afterEach(() => void vi.restoreAllMocks());

/** What the receiver gets, when it answers so. */
function receive(answer: () => Promise<Response>): Request[] {
  const requests: Request[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation((url, init) => {
    requests.push(new Request(url instanceof Request ? url : String(url), init));
    return answer();
  });
  return requests;
}

function eventOf(status: string): WebhookEvent {
  const event = createWebhookEvent({ id: "resp_1", status });
  if (event === undefined) throw new Error("no event");
  return event;
}

describe("a webhook", () => {
  it.each(["completed", "failed", "incomplete", "cancelled"])(
    "of a response that is %s is read by openai-node",
    async (status) => {
      const requests = receive(() => Promise.resolve(new Response(null, { status: 204 })));
      const event = eventOf(status);
      expect(await deliverWebhook(target, event)).toBe(true);
      const [request] = requests;
      expect([request?.method, request?.url, request?.redirect]).toEqual(["POST", target.url, "manual"]);
      const body = (await request?.text()) ?? "";
      const unwrapped = await new OpenAI({ apiKey: "x" }).webhooks.unwrap(body, request?.headers ?? {}, secret);
      expect(unwrapped).toEqual({
        id: expect.stringMatching(/^evt_[\da-f]{32}$/),
        object: "event",
        created_at: expect.any(Number),
        type: `response.${status}`,
        data: { id: "resp_1" },
      });
      await expect(
        new OpenAI({ apiKey: "x" }).webhooks.unwrap(`${body} `, request?.headers ?? {}, secret),
      ).rejects.toThrow("signature");
    },
  );

  it("has the same id and body at each attempt, and a timestamp of its own", async () => {
    const requests = receive(() => Promise.resolve(new Response("no", { status: 500 })));
    const event = eventOf("completed");
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    expect(await deliverWebhook(target, event)).toBe(false);
    vi.setSystemTime(2_000_000);
    expect(await deliverWebhook(target, event)).toBe(false);
    vi.useRealTimers();
    expect(requests.map(({ headers }) => [headers.get("webhook-id"), headers.get("webhook-timestamp")])).toEqual([
      [event.id, "1000"],
      [event.id, "2000"],
    ]);
  });

  it.each([
    [
      "a redirect",
      () => Promise.resolve(new Response(null, { status: 302, headers: { location: "https://other.example" } })),
    ],
    ["a refusal", () => Promise.resolve(new Response("no", { status: 410 }))],
    ["no connection", () => Promise.reject(new TypeError("network"))],
  ])("is not delivered by %s", async (_what, answer) => {
    receive(answer);
    expect(await deliverWebhook(target, eventOf("completed"))).toBe(false);
  });

  it("is not made for a response that goes on", () => {
    expect(createWebhookEvent({ id: "resp_1", status: "in_progress" })).toBeUndefined();
  });

  it("is tried nine times, with growing pauses, within a day", () => {
    const pauses = Array.from({ length: 9 }, (_, index) => nextPause(index + 1));
    expect(pauses.at(-1)).toBeUndefined();
    const given = pauses.filter((pause) => pause !== undefined);
    expect(given).toEqual(given.toSorted((left, right) => left - right));
    const total = given.reduce((sum, pause) => sum + pause, 0);
    expect([given.length, total > 23 * 3_600_000, total < 24 * 3_600_000]).toEqual([8, true, true]);
  });
});
