import { expect, test } from "vitest";
import { startDev } from "../support/start-dev.ts";

test("starts what npm run dev starts, with settings of its own, and ends all of it", async () => {
  const dev = await startDev({ vars: { MODELS: "@cf/openai/gpt-oss-120b" } });
  try {
    const response = await fetch(`${dev.url}/v1/models`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      object: "list",
      data: [{ id: "@cf/openai/gpt-oss-120b" }, { id: "gpt-oss-120b" }],
    });
    // wrangler writes the line when the answer has gone out.
    await expect.poll(() => dev.output(), { timeout: 15_000 }).toContain("GET /v1/models 200");
  } finally {
    await dev.stop();
  }
  await expect(fetch(dev.url)).rejects.toThrow("fetch failed");
}, 40_000);
