import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { checkRecording } from "../support/check-recording.ts";
import { listLiveFolders, readUpstreamRecordings } from "../support/live-recordings.ts";
import { type Api, startApi, testKey } from "../support/start-api.ts";

let api: Api;
beforeAll(async () => {
  api = await startApi(inject("bundlePath"), [{ name: "api", vars: { API_KEYS: `tester:${testKey}` } }]);
});
afterAll(() => api?.stop());

test("the Worker takes every answer that was recorded of the live model", async () => {
  for (const folder of await listLiveFolders()) {
    const recordings = await readUpstreamRecordings(folder);
    expect(recordings.length).toBeGreaterThan(0);
    for (const recording of recordings) {
      await checkRecording(recording, { url: api.workerd.url(), key: testKey, upstream: api.upstream });
    }
  }
});
