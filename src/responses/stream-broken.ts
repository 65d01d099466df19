/** What became of a Response whose stream ended before its last event. */
export const streamBroken = {
  code: "upstream_stream_broken",
  message: "The model's answer broke off. Send the request again.",
} as const;
