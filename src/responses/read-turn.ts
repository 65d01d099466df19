import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import type { CreateRequest } from "../protocol/schema.ts";
import type { KeptItem } from "../store/kept-item.ts";
import { findContext } from "../turns/find-context.ts";
import { readCreateRequest } from "./read-create-request.ts";

/** Reads a request that is shaped like a create request, and all items it is about: earlier turns, then its own. */
export async function readTurn(context: Context<AppEnv>): Promise<{ document: CreateRequest; items: KeptItem[] }> {
  const { env: bindings } = context;
  const document = await readCreateRequest(context.req, bindings, "compat");
  const { earlier, own } = await findContext({ bindings, document, keyName: context.get("keyName") });
  const items = [...earlier, ...own];
  return { document: { ...document, input: items.map(({ item }) => item) }, items };
}
