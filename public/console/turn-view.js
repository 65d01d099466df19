import { AnswerView } from "./answer-view.js";
import { element } from "./element.js";
import { formatCost, formatDuration } from "./format.js";

/** @import { CallError } from "./call-api.js" */
/** @import { Price } from "./status.js" */
/** @import { ResponseResource, Usage } from "../../src/protocol/events.ts" */

/** One turn of the conversation on the page: what was sent, the answer, and its facts. */
export class TurnView {
  answer = new AnswerView();
  /** What the Worker did not do as it was asked. @type {string[]} */
  warnings = [];
  #facts = element("dl", { className: "facts" });

  /**
   * @param {string} message
   * @param {{ name: string, output: string }[]} results of the calls before
   */
  constructor(message, results) {
    const sent = results.map(({ name, output }) =>
      element("div", { className: "sent" }, element("span", { className: "tag" }, `result of ${name}`), output),
    );
    if (message !== "") sent.push(element("div", { className: "sent" }, message));
    this.node = element(
      "article",
      { className: "turn" },
      element("h2", { className: "hidden" }, "You"),
      ...sent,
      element("h2", { className: "hidden" }, "Model"),
      this.answer.node,
      this.#facts,
    );
  }

  /** @param {number} milliseconds until the first piece of the answer */
  showFirst(milliseconds) {
    this.#addFact("First token", formatDuration(milliseconds));
  }

  /**
   * @param {ResponseResource} response
   * @param {{ took: number, price: Price | undefined }} measured
   */
  finish(response, { took, price }) {
    this.answer.finish(response.output ?? []);
    this.#addFact("Whole answer", formatDuration(took));
    const { usage, status, id } = response;
    if (usage) {
      const { input, cached, output, reasoning } = readUsage(usage);
      this.#addFact("Input", countTokens(input, cached, "cached"));
      this.#addFact("Output", countTokens(output, reasoning, "reasoning"));
      if (price !== undefined) {
        const saved = cached * (price.input - (price.cached ?? price.input));
        this.#addFact("Cost", formatCost((input * price.input - saved + output * price.output) / 1_000_000));
      }
    }
    this.#addFact("Id", id);
    if (status === "incomplete") {
      this.#addNote(`Incomplete: ${response.incomplete_details?.reason ?? "no reason given"}.`);
    }
    for (const warning of this.warnings) this.#addNote(`Warning: ${warning}`);
  }

  /** @param {number} took */
  stop(took) {
    this.answer.end();
    this.#addFact("Stopped after", formatDuration(took));
  }

  /** @param {CallError} error */
  showError({ status, message, code, param, requestId, retryAfter }) {
    this.answer.end();
    /** @type {[string, string][]} */
    const details = [
      ["code", code],
      ["param", param],
      ["retry after", retryAfter === "" ? "" : `${retryAfter} s`],
      ["x-request-id", requestId],
    ];
    this.#facts.before(
      element(
        "section",
        { className: "card problem", ariaLabel: "Error" },
        element("h3", {}, element("span", { className: "tag" }, status === 0 ? "error" : `error ${status}`)),
        element("p", {}, message),
        element(
          "dl",
          { className: "facts" },
          ...details.filter(([, value]) => value !== "").map(([name, value]) => fact(name, value)),
        ),
      ),
    );
  }

  /** @param {string} text */
  #addNote(text) {
    this.#facts.before(element("p", { className: "note" }, text));
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  #addFact(name, value) {
    this.#facts.append(fact(name, value));
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
function fact(name, value) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, value));
}

/**
 * Native mode passes on what upstream counts: some of it may be missing, or under Chat Completions' names.
 * @param {Partial<Usage> & { prompt_tokens?: number, completion_tokens?: number }} usage
 */
function readUsage(usage) {
  return {
    input: usage.input_tokens ?? usage.prompt_tokens ?? 0,
    cached: usage.input_tokens_details?.cached_tokens ?? 0,
    output: usage.output_tokens ?? usage.completion_tokens ?? 0,
    reasoning: usage.output_tokens_details?.reasoning_tokens ?? 0,
  };
}

/**
 * @param {number} count
 * @param {number} part
 * @param {string} partName
 */
function countTokens(count, part, partName) {
  return `${count} tokens${part > 0 ? ` (${part} ${partName})` : ""}`;
}
