import { isCall } from "./conversation.js";
import { element } from "./element.js";
import { indentJson } from "./format.js";

/** @import { OutputItem, ResponseEvent } from "../../src/protocol/events.ts" */

/**
 * One output item on the page: `append` takes a delta, `finish` the whole item.
 * @typedef {{ node: HTMLElement, append: (delta: string) => void, finish: (item: OutputItem) => void }} ItemView
 */

/** The output of one response, growing as its events come. */
export class AnswerView {
  /** By `output_index`: some upstreams change an item's id on the way. @type {Map<number, ItemView>} */
  #items = new Map();

  constructor() {
    this.node = element("div", { className: "answer", ariaBusy: "true" });
  }

  /** Where the results of the calls are written, by call id. @type {Map<string, HTMLTextAreaElement>} */
  results = new Map();

  /** @param {ResponseEvent} event */
  apply(event) {
    switch (event.type) {
      case "response.output_item.added":
        this.#open(event.output_index, event.item);
        break;
      case "response.output_item.done":
        this.#open(event.output_index, event.item).finish(event.item);
        break;
      case "response.output_text.delta":
      case "response.refusal.delta":
        this.#openAs(event.output_index, "message").append(event.delta);
        break;
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        this.#openAs(event.output_index, "function_call").append(event.delta);
        break;
      case "response.reasoning_summary_text.delta":
        this.#openAs(event.output_index, "reasoning").append(event.delta);
        break;
      default:
        this.#applyForeign(event);
    }
  }

  /**
   * Reasoning deltas this Worker never writes itself: in native mode upstream's stream comes through as it is.
   * @param {{ type: string, output_index?: number, delta?: string }} event
   */
  #applyForeign({ type, output_index = 0, delta = "" }) {
    if (type === "response.reasoning_text.delta" || type === "response.reasoning.delta") {
      this.#openAs(output_index, "reasoning").append(delta);
    }
  }

  /**
   * Shows the output as it is in the end, with a field for the result of each call.
   * @param {readonly OutputItem[]} output
   */
  finish(output) {
    for (const [index, item] of output.entries()) {
      const view = this.#open(index, item);
      view.finish(item);
      if (isCall(item)) view.node.append(this.#createResult(item.call_id));
    }
    this.end();
  }

  /** Nothing more will come. */
  end() {
    this.node.ariaBusy = "false";
  }

  /**
   * @param {number} index
   * @param {OutputItem["type"]} type
   */
  #openAs(index, type) {
    return this.#open(index, { id: "", type });
  }

  /**
   * @param {number} index
   * @param {OutputItem} item
   * @returns {ItemView}
   */
  #open(index, item) {
    let view = this.#items.get(index);
    if (view === undefined) {
      view = this.#create(item);
      this.#items.set(index, view);
    }
    return view;
  }

  /**
   * @param {OutputItem} item
   * @returns {ItemView}
   */
  #create(item) {
    if (item.type === "message") return this.#createMessage();
    if (item.type === "reasoning") return this.#createReasoning();
    return this.#createCard(item);
  }

  /** @returns {ItemView} */
  #createMessage() {
    const text = document.createTextNode("");
    const node = element("p", { className: "text" }, text);
    this.node.append(node);
    return {
      node,
      append: (delta) => text.appendData(delta),
      finish: (item) => replace(text, "content" in item ? joinTexts(item.content) : ""),
    };
  }

  /** @returns {ItemView} */
  #createReasoning() {
    const text = document.createTextNode("");
    const node = element(
      "details",
      { className: "reasoning" },
      element("summary", {}, "Reasoning"),
      element("p", {}, text),
    );
    this.node.append(node);
    return {
      node,
      append: (delta) => text.appendData(delta),
      finish: (item) => {
        replace(text, readReasoning(item));
        if (text.data === "") node.remove();
      },
    };
  }

  /**
   * A tool call, or an item of a type this page knows nothing about: shown as it is.
   * @param {OutputItem} opened
   * @returns {ItemView}
   */
  #createCard(opened) {
    const text = document.createTextNode("");
    const name = element("span", { className: "name" });
    const kind = element("span", { className: "tag" });
    const head = element("h3", {}, kind, name);
    const node = element("section", { className: "card" }, head, element("pre", { tabIndex: 0 }, text));
    const label = (/** @type {OutputItem} */ item) => {
      kind.textContent = item.type.replaceAll("_", " ");
      name.textContent = "name" in item ? item.name : "";
      node.ariaLabel = `${kind.textContent} ${name.textContent}`;
    };
    label(opened);
    this.node.append(node);
    return {
      node,
      append: (delta) => text.appendData(delta),
      finish: (item) => {
        label(item);
        text.data = writeItem(item);
      },
    };
  }

  /** @param {string} callId */
  #createResult(callId) {
    const result = element("textarea", { rows: 2, className: "code", placeholder: "What your program would answer" });
    this.results.set(callId, result);
    return element("label", { className: "field" }, "Result", result);
  }
}

/**
 * Takes the whole text over what came in pieces, unless there is no whole text or nothing to change.
 * @param {Text} text
 * @param {string} whole
 */
function replace(text, whole) {
  if (whole !== "" && text.data !== whole) text.data = whole;
}

/** @param {OutputItem} item */
function writeItem(item) {
  if (!isCall(item)) return JSON.stringify(item, null, 2);
  return "arguments" in item ? indentJson(item.arguments) : item.input;
}

/** @param {readonly object[]} parts */
function joinTexts(parts) {
  return parts.map((part) => ("text" in part ? part.text : "refusal" in part ? part.refusal : "")).join("");
}

/** @param {OutputItem} item */
function readReasoning(item) {
  const summary = "summary" in item ? joinTexts(item.summary ?? []) : "";
  return summary === "" && "content" in item ? joinTexts(item.content ?? []) : summary;
}
