/** @import { OutputItem, ResponseResource } from "../../src/protocol/events.ts" */

/**
 * The conversation so far. With storage the Worker remembers it and a request names the last response; without, every
 * request carries it whole.
 */
export class Conversation {
  /** @type {object[]} */
  #history = [];
  /** @type {ResponseResource | undefined} */
  #last;

  get lastId() {
    return this.#last?.id;
  }

  /** The calls of the last response, which want a result before anything else is said. */
  get openCalls() {
    return (this.#last?.output ?? []).filter(isCall);
  }

  /**
   * The part of a request that says what is new.
   * @param {{ message: string, results: Map<string, string>, remembers: boolean }} turn `results` by call id
   * @returns {{ input: string | object[], previous_response_id?: string }}
   */
  next({ message, results, remembers }) {
    const items = this.#newItems(message, results);
    const input = results.size === 0 && (this.#last === undefined || remembers) ? message : items;
    if (this.#last === undefined) return { input };
    return remembers ? { previous_response_id: this.#last.id, input } : { input: [...this.#history, ...items] };
  }

  /**
   * Takes a turn that ended well into the conversation.
   * @param {{ message: string, results: Map<string, string>, response: ResponseResource }} turn
   */
  add({ message, results, response }) {
    this.#history.push(...this.#newItems(message, results), ...(response.output ?? []));
    this.#last = response;
  }

  /**
   * @param {string} message
   * @param {Map<string, string>} results
   */
  #newItems(message, results) {
    const outputs = this.openCalls.flatMap(({ type, call_id }) => {
      const output = results.get(call_id);
      return output === undefined ? [] : [{ type: `${type}_output`, call_id, output }];
    });
    return message === "" ? outputs : [...outputs, { role: "user", content: message }];
  }
}

/**
 * @param {OutputItem} item
 * @returns {item is import("../../src/protocol/events.ts").FunctionCallItem | import("../../src/protocol/events.ts").CustomToolCallItem}
 */
export function isCall(item) {
  return item.type === "function_call" || item.type === "custom_tool_call";
}
