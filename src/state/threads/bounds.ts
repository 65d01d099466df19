/**
 * What a context may hold, in bytes of JSON: all that a model is given for one turn. The isolate that asks the model
 * holds it as bytes, as values and as the upstream request, and several turns run in one isolate of 128 MB.
 */
export const mostContextBytes = 8 * 1_048_576;

/** What a context may hold in items. */
export const mostContextItems = 20_000;

/** What one turn may add, input and output together. */
export const mostTurnBytes = mostContextBytes;

/**
 * Bytes of an object's storage from which it takes no further turns: the next one takes its context into another object.
 * An object can hold 10 GB (developers.cloudflare.com/durable-objects/platform/limits); this bounds how long it works at once.
 */
export const fullObjectBytes = 256 * 1_048_576;

/** Threads that start in one object. */
export const threadsPerObject = 32;
