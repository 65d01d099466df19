import { useSignal } from "@preact/signals";
import { readObject, readText } from "../api/json.ts";
import { snippets } from "../inspector/write-snippet.ts";
import { CodeBlock } from "../markdown/code-block.tsx";
import { Segmented } from "../ui/segmented.tsx";
import type { Answer, ApiDocument, Operation } from "./document.ts";
import { Prose } from "./prose.tsx";
import { describeType, SchemaView } from "./schema-view.tsx";
import { TryIt } from "./try-it.tsx";

interface OperationViewProps {
  operation: Operation;
  api: ApiDocument;
}

/** One operation: what it does and takes at the left, a call of it and its answer at the right. */
export function OperationView({ operation, api }: OperationViewProps) {
  const { id, method, path, summary, description, parameters, bodySchema, responses } = operation;
  return (
    <article class="operation" id={id} aria-labelledby={`${id}-title`}>
      <div class="operation-text">
        <h3 id={`${id}-title`}>
          <a href={`#${id}`}>{summary}</a>
        </h3>
        <p class="endpoint">
          <span class={`method ${method.toLowerCase()}`}>{method}</span> <code>{path}</code>
        </p>
        <Prose text={description} />
        {parameters.length > 0 && <Parameters parameters={parameters} api={api} />}
        {bodySchema !== undefined && (
          <section>
            <h4>Body</h4>
            <SchemaView schema={bodySchema} api={api} depth={0} />
          </section>
        )}
        <section>
          <h4>Answers</h4>
          {responses.map((answer) => (
            <AnswerView key={answer.status} answer={answer} api={api} />
          ))}
        </section>
      </div>
      <div class="operation-code">
        <Sample operation={operation} />
        <TryIt operation={operation} />
      </div>
    </article>
  );
}

function Parameters({ parameters, api }: { parameters: Operation["parameters"]; api: ApiDocument }) {
  return (
    <section>
      <h4>Parameters</h4>
      <dl class="fields-list">
        {parameters.map((parameter) => (
          <div key={readText(parameter["name"])}>
            <dt>
              <code>{readText(parameter["name"])}</code>
              <span class="note">
                {readText(parameter["in"])}, {describeType(readObject(parameter["schema"]), api)}
                {parameter["required"] === true && ", required"}
              </span>
            </dt>
            <dd>
              <Prose text={readText(parameter["description"])} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function AnswerView({ answer: { status, description, schema }, api }: { answer: Answer; api: ApiDocument }) {
  const [first = "", ...rest] = description.split("\n");
  return (
    <details class="answer-row">
      <summary>
        <span class={`status s${status[0] ?? ""}`}>{status}</span> {first.replaceAll("`", "")}
      </summary>
      <Prose text={rest.join("\n").trim()} />
      {schema === undefined ? <p class="note">No body.</p> : <SchemaView schema={schema} api={api} depth={0} />}
    </details>
  );
}

const languages = [
  { value: "curl", label: "curl" },
  { value: "javascript", label: "JavaScript" },
  { value: "python", label: "Python" },
] as const;

function Sample({ operation }: { operation: Operation }) {
  const chosen = useSignal(0);
  const language = useSignal<(typeof languages)[number]["value"]>("curl");
  const { examples, method, path, responses, id } = operation;
  const example = examples[chosen.value];
  const body = readObject(example?.value);
  const hasClient = id === "createResponse";
  const text = hasClient
    ? snippets[language.value]({
        baseUrl: `${location.origin}${path.replace(/\/responses$/, "")}`,
        body,
        needsKey: true,
      })
    : curlOf(method, path, example?.value);
  const answer = responses.find(({ example: shown }) => shown !== undefined);
  return (
    <>
      {examples.length > 1 && (
        <Segmented
          label={`Example of ${id}`}
          value={String(chosen.value)}
          options={examples.map(({ name }, index) => ({ value: String(index), label: name }))}
          onChange={(value) => (chosen.value = Number(value))}
        />
      )}
      {hasClient && (
        <Segmented
          label="Language"
          value={language.value}
          options={languages}
          onChange={(value) => (language.value = value)}
        />
      )}
      <CodeBlock
        title="Request"
        language={hasClient && language.value !== "curl" ? language.value : "bash"}
        text={text}
        isOpen={false}
      />
      {answer !== undefined && (
        <CodeBlock
          title={`Answer, ${answer.status}`}
          language="json"
          text={JSON.stringify(answer.example, null, 2)}
          isOpen={false}
        />
      )}
    </>
  );
}

function curlOf(method: string, path: string, body: unknown): string {
  const lines = [
    `curl ${method === "GET" ? "" : `-X ${method} `}'${location.origin}${path}'`,
    '-H "authorization: Bearer $RESPONSES_API_KEY"',
  ];
  if (body !== undefined)
    lines.push(
      "-H 'content-type: application/json'",
      `-d '${JSON.stringify(body, null, 2).replaceAll("'", String.raw`'\''`)}'`,
    );
  return lines.join(" \\\n  ");
}
