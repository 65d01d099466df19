/** The Durable Objects that state needs, as wrangler.toml binds them. */
export const stateObjects = [
  { binding: "THREADS", className: "Thread" },
  { binding: "RESPONSE_INDEX", className: "ResponseIndex" },
  { binding: "RUNS", className: "BackgroundRun" },
];
