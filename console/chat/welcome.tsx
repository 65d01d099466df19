import { Brain, Braces, Code, KeyRound, Wrench } from "lucide";
import { apiKey } from "../api/keys.ts";
import { health, healthProblem } from "../api/worker.ts";
import { isKeyOpen } from "../app/layout.ts";
import { Mark } from "../app/mark.tsx";
import { defaultSettings } from "../settings/default-settings.ts";
import { type Example, examples } from "../settings/examples.ts";
import { changeSettings } from "../settings/settings.ts";
import { Icon } from "../ui/icon.tsx";
import { draft, focusComposer } from "./draft.ts";

const icons = [Code, Wrench, Braces, Brain];

/** What an empty chat shows: what this is, and four ways to begin. */
export function Welcome() {
  const needsKey = health.value?.needsKey === true && apiKey.value.trim() === "";
  return (
    <div class="welcome">
      <Mark size={44} />
      <h1>What shall we try?</h1>
      {healthProblem.value !== "" && <p class="notice">{healthProblem}</p>}
      {needsKey ? (
        <p class="lead">
          This Worker asks for a key.{" "}
          <button type="button" class="link" onClick={() => (isKeyOpen.value = true)}>
            <Icon node={KeyRound} size={14} /> Enter your key
          </button>
        </p>
      ) : (
        <p class="lead">Write a message, or begin with an example.</p>
      )}
      <div class="examples">
        {examples.map((example, index) => (
          <button type="button" key={example.title} class="example" onClick={() => start(example)}>
            <Icon node={icons[index] ?? Code} size={18} />
            <strong>{example.title}</strong>
            <span class="note">{example.teaches}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

/** Sets what the example needs, and writes its message for the person to send. */
function start({ message, settings }: Example): void {
  const { functions, format, schema, effort } = defaultSettings;
  changeSettings({ functions, format, schema, effort, ...settings });
  draft.value = message;
  focusComposer();
}
