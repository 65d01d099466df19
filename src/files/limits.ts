/** Most bytes of one file, image or recording. */
export const mostFileBytes = 10_485_760;

/** Most bytes of all that one request brings to be read: they are in memory together, with their base64, beside the request. */
export const mostBytesTogether = 20_971_520;

/**
 * Most files, images and recordings that one request has converted or fetched. Each takes up to two of the 50 subrequests
 * that the free plan has for a request (developers.cloudflare.com/workers/platform/limits).
 */
export const mostConversions = 16;

/** Conversions at one time: each holds its file several times over. */
export const conversionsAtOnce = 2;

/** Milliseconds to fetch one file, redirects included. */
export const fetchTimeoutMs = 20_000;
