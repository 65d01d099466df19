/** Most bytes of one file, image or recording. */
export const mostFileBytes = 10_485_760;

/** Most bytes of all that one request brings to be read: they are in memory together, with their base64, beside the request. */
export const mostBytesTogether = 20_971_520;

/** Most characters of all texts that one request has files converted to: a small archive may become a large text. */
export const mostCharactersTogether = 4_000_000;

/**
 * Most files, images and recordings that one request has converted or fetched. Each takes a request or
 * two of those that one call may make (see `countRequest`), more where URLs redirect.
 */
export const mostConversions = 16;

/** Conversions at one time: each holds its file several times over. */
export const conversionsAtOnce = 2;

/** Milliseconds to fetch one file, redirects included. */
export const fetchTimeoutMs = 20_000;
