import { useSignal } from "@preact/signals";
import { Play } from "lucide";
import { readText } from "../api/json.ts";
import { apiKey } from "../api/keys.ts";
import { CodeBlock } from "../markdown/code-block.tsx";
import { indentJson } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import type { Operation } from "./document.ts";

/** Longer answers are cut where they are shown. */
const longestAnswer = 100_000;

/** Calls the operation on this Worker, and shows what it answers. */
export function TryIt({ operation: { id, method, path, parameters, bodySchema, examples } }: { operation: Operation }) {
  const values = useSignal<Record<string, string>>({});
  const body = useSignal(examples[0] === undefined ? "{}" : JSON.stringify(examples[0].value, null, 2));
  const answer = useSignal<{ status: number; text: string } | undefined>(undefined);
  const isBusy = useSignal(false);
  const call = async () => {
    isBusy.value = true;
    try {
      const sent = await fetch(buildUrl(path, parameters, values.value), {
        method,
        headers: {
          ...(apiKey.value !== "" && { authorization: `Bearer ${apiKey.value}` }),
          ...(bodySchema !== undefined && { "content-type": "application/json" }),
        },
        ...(bodySchema !== undefined && { body: body.value }),
      });
      answer.value = { status: sent.status, text: (await sent.text()).slice(0, longestAnswer) };
    } catch {
      answer.value = { status: 0, text: "The Worker can't be reached." };
    }
    isBusy.value = false;
  };
  return (
    <details class="try-it">
      <summary>Try it</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void call();
        }}
      >
        <label class="field">
          API key
          <input
            type="password"
            autocomplete="off"
            value={apiKey.value}
            placeholder="Stays in this tab"
            onInput={({ currentTarget }) => (apiKey.value = currentTarget.value.trim())}
          />
        </label>
        {parameters.map((parameter) => {
          const name = readText(parameter["name"]);
          return (
            <label class="field" key={name}>
              {name}
              <input
                required={parameter["in"] === "path"}
                onInput={({ currentTarget }) => (values.value = { ...values.value, [name]: currentTarget.value })}
              />
            </label>
          );
        })}
        {bodySchema !== undefined && (
          <label class="field">
            Body
            <textarea
              class="code"
              rows={8}
              spellcheck={false}
              value={body.value}
              onInput={({ currentTarget }) => (body.value = currentTarget.value)}
            />
          </label>
        )}
        <button type="submit" class="primary small" disabled={isBusy.value} aria-label={`Call ${id}`}>
          <Icon node={Play} size={14} /> Send
        </button>
      </form>
      {answer.value !== undefined && (
        <CodeBlock
          title={answer.value.status === 0 ? "No answer" : `Status ${answer.value.status}`}
          language="json"
          text={indentJson(answer.value.text)}
          isOpen={false}
        />
      )}
    </details>
  );
}

function buildUrl(path: string, parameters: Operation["parameters"], values: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const parameter of parameters) {
    const name = readText(parameter["name"]);
    const value = values[name] ?? "";
    if (parameter["in"] === "path") filled = filled.replace(`{${name}}`, encodeURIComponent(value));
    else if (value !== "") query.set(name, value);
  }
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
}
