/**
 * What may be continued, in MiB of JSON: the context of a response, or the items of a conversation. The isolate that asks
 * the model holds it as bytes, as values and as the upstream request, and several turns run in one isolate of 128 MB. A
 * model with a window of 131,072 tokens takes some 0.5 MiB of text.
 */
export const mostContextMib = 8;

export const mostContextBytes = mostContextMib * 1_048_576;

/** The same in items. */
export const mostContextItems = 20_000;

/**
 * What one turn may add: input, output and Response together. It travels in one call of an object, which carries 32 MiB
 * (developers.cloudflare.com/workers/runtime-apis/rpc), less room for what is not JSON in it.
 */
export const mostTurnBytes = 33_500_000;

/**
 * Bytes of an object's storage from which it takes no further turns: the next one takes its context into another object.
 * An object can hold 10 GB (developers.cloudflare.com/durable-objects/platform/limits); this bounds how long it works at once.
 */
export const fullObjectBytes = 256 * 1_048_576;

/** Threads that start in one object. */
export const threadsPerObject = 32;
