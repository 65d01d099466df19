import type { JsonRecord } from "../protocol/json.ts";
import type { JsonBytes } from "../state/json-bytes.ts";

/** What a background run answers. */
export interface RunJob {
  /** What was handed to `start` as `job`. */
  job: JsonRecord;
  /** Reads what was handed to `start` as `items`. A run lasts minutes: it is not held all the while. */
  items: () => JsonBytes;
  /** The Response so far: id, times, and all that echoes the request. */
  response: JsonRecord;
  /** Name of the key that asked. */
  owner: string;
}
