// A Worker in the place of a rate limit binding: two calls for each key, and a count that lasts as long as the process.
import { WorkerEntrypoint } from "cloudflare:workers";

const counts = new Map();

export class Limiter extends WorkerEntrypoint {
  limit({ key }) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return { success: counts.get(key) <= 2 };
  }
}

export default {
  fetch: () => Response.json(Object.fromEntries(counts)),
};
