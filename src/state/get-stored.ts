import type { Context } from "hono";
import type { Bindings } from "../bindings.ts";
import { ApiError } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { idPattern } from "../protocol/ids.ts";
import { openIndex } from "./open-index.ts";
import { type Place, placeOfResponse } from "./place.ts";
import type { RunRpc } from "./run-rpc.ts";
import type { StoredTurn, ThreadRpc } from "./thread-rpc.ts";

/** A stored response: where it is, and who asks for it. */
export interface StoredResponse {
  id: string;
  keyName: string;
  turn: number;
  thread: ThreadRpc;
}

/**
 * Finds the response that a path names.
 * @throws {ApiError} 404 `response_not_found` for what can't be an id, and where nothing is stored at all
 */
export async function getStored(context: Context<AppEnv>): Promise<StoredResponse> {
  const { THREADS: threads } = context.env;
  if (threads === undefined) {
    throw noResponse(
      "This Worker stores no responses. Its operator can turn storage on by binding THREADS: see docs/state.md.",
    );
  }
  const id = context.req.param("id") ?? "";
  const keyName = context.get("keyName");
  const place = await locateResponse(context.env, { keyName, id });
  if (place === undefined) throw responseNotFound();
  return { id, keyName, turn: place.turn, thread: threads.getByName(place.thread) };
}

/**
 * Where the response with this id is. An id that this Worker made says it; an id that upstream made (native mode) is
 * looked up in the key's index. Undefined for an id that no response of this key can have.
 */
export async function locateResponse(
  { RESPONSE_INDEX: index }: Bindings,
  { keyName, id }: { keyName: string; id: string },
): Promise<Place | undefined> {
  const place = placeOfResponse(id);
  if (place !== undefined) return place;
  if (index === undefined || !idPattern.test(id)) return undefined;
  return openIndex(index, { owner: keyName, id }).find(id);
}

/** Removes a deleted response from the index, unless its id says where it was. */
export async function removePointer(
  { RESPONSE_INDEX: index }: Bindings,
  { keyName, id }: { keyName: string; id: string },
): Promise<void> {
  if (index !== undefined && placeOfResponse(id) === undefined)
    await openIndex(index, { owner: keyName, id }).remove(id);
}

/** Reads the response, as it is now when a background run is making it. Throws 404 when there is none. */
export async function readStored(
  { thread, keyName, turn, id }: StoredResponse,
  { RUNS }: Bindings,
): Promise<StoredTurn> {
  const stored = await thread.readTurn(keyName, turn);
  if (stored === undefined) throw responseNotFound();
  if (stored.status === "final") return stored;
  const response = await RUNS?.getByName(id).read(keyName);
  if (response !== undefined) return { ...stored, response };
  // It has ended between the two reads.
  const ended = await thread.readTurn(keyName, turn);
  if (ended === undefined) throw responseNotFound();
  return ended;
}

/** The thread of a run, which is there as long as the run is. */
export function openThread({ THREADS }: Bindings, name: string): ThreadRpc {
  if (THREADS === undefined) throw new Error("THREADS is not bound");
  return THREADS.getByName(name);
}

/** The run that makes, or made, a response. */
export function openRun({ RUNS }: Bindings, id: string): RunRpc {
  if (RUNS === undefined) throw responseNotFound();
  return RUNS.getByName(id);
}

/** 404, the same for an id that never existed, one that was deleted, and another key's. */
export function responseNotFound(): ApiError {
  return noResponse("There is no stored response with this id. It was never stored, was deleted, or is too old.");
}

function noResponse(message: string): ApiError {
  return new ApiError({
    status: 404,
    type: "not_found_error",
    code: "response_not_found",
    param: "response_id",
    message,
  });
}
