import { Wrench } from "lucide";
import { readText } from "../api/json.ts";
import { answerCall, findUnanswered } from "../chat/answer-calls.ts";
import { CodeBlock } from "../markdown/code-block.tsx";
import { findOutputSchema } from "../settings/find-function.ts";
import { countOf, indentJson } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import type { ItemProps } from "./item-view.tsx";
import { ResultForm } from "./result-form.tsx";

/** A call of one of the client's own tools: its arguments, and a form for the result, which this page's user plays. */
export function FunctionCard({ entry, turn, next, isLive }: ItemProps) {
  const { item } = entry;
  const name = readText(item["name"]);
  const id = readText(item["call_id"]);
  const isCustom = item["type"] === "custom_tool_call";
  const given = isCustom ? readText(item["input"]) : readText(item["arguments"]);
  const sent = next?.input.value.find((answer) => answer["call_id"] === id) ?? turn.answers.value.get(id);
  const schema = findOutputSchema(name);
  const waiting = findUnanswered(turn).length;
  return (
    <section class="card" aria-label={`Tool call ${name}`}>
      <header>
        <Icon node={Wrench} size={15} />
        <h3>{name || "Tool call"}</h3>
        <span class="tag" key={isLive ? "live" : "done"}>
          {isLive
            ? "writing the arguments"
            : sent !== undefined
              ? "answered"
              : next === undefined
                ? "waits for your result"
                : "not answered"}
        </span>
      </header>
      <CodeBlock
        title={isCustom ? "Input" : "Arguments"}
        language={isCustom ? "" : "json"}
        text={isLive ? given : indentJson(given)}
        isOpen={isLive}
      />
      {sent !== undefined && (
        <div class="result">
          <CodeBlock title="Result" language="json" text={indentJson(readOutput(sent["output"]))} isOpen={false} />
          {next === undefined && waiting > 0 && <p class="note">{countOf(waiting, "call")} still to answer.</p>}
        </div>
      )}
      {sent === undefined && next === undefined && turn.state.value === "done" && (
        <ResultForm schema={schema} isLast={waiting === 1} onSend={(output) => answerCall(turn, item, output)} />
      )}
    </section>
  );
}

function readOutput(output: unknown): string {
  return typeof output === "string" ? output : JSON.stringify(output);
}
