import { useSignal } from "@preact/signals";
import { Pencil, Plus, Trash2 } from "lucide";
import { readText } from "../api/json.ts";
import { Icon } from "../ui/icon.tsx";
import { Switch } from "../ui/switch.tsx";
import { checkFunction } from "./check-function.ts";
import type { FunctionSetting } from "./default-settings.ts";
import { FieldProblem } from "./field-problem.tsx";
import { FunctionDialog } from "./function-dialog.tsx";
import { ServerEditor } from "./server-editor.tsx";
import { changeSettings, settings } from "./settings.ts";

/** What the model may use: tools that the Worker runs, MCP servers, and functions that this page's user answers. */
export function ToolsSection() {
  const { webSearch, images, servers } = settings.value;
  const addServer = () =>
    changeSettings({ servers: [...servers, { label: "", url: "", approval: "always", allowedTools: "", isOn: true }] });
  return (
    <section class="group">
      <h3>Tools</h3>
      <Switch label="Web search" checked={webSearch} onChange={(value) => changeSettings({ webSearch: value })}>
        The Worker searches and cites
      </Switch>
      <Switch label="Image generation" checked={images} onChange={(value) => changeSettings({ images: value })}>
        The model may have images made
      </Switch>
      <div class="list-head">
        <h4>MCP servers</h4>
        <button type="button" class="ghost" onClick={addServer}>
          <Icon node={Plus} size={15} /> Add a server
        </button>
      </div>
      {servers.map((server, index) => (
        <ServerEditor key={index} server={server} index={index} />
      ))}
      <FieldProblem name="servers" />
      <Functions />
    </section>
  );
}

function Functions() {
  const { functions } = settings.value;
  /** The index of the function in the editor; one past the last for a new one. */
  const edited = useSignal<number | undefined>(undefined);
  const change = (index: number, next: FunctionSetting) =>
    changeSettings({ functions: functions.map((old, place) => (place === index ? next : old)) });
  const index = edited.value;
  return (
    <>
      <div class="list-head">
        <h4>Functions</h4>
        <button type="button" class="ghost" onClick={() => (edited.value = functions.length)}>
          <Icon node={Plus} size={15} /> Add a function
        </button>
      </div>
      {functions.map((entry, place) => {
        const name = nameOf(entry.text);
        return (
          <div class="tool-row" key={place}>
            <Switch label={name} checked={entry.isOn} onChange={(isOn) => change(place, { ...entry, isOn })} />
            <button type="button" class="ghost" aria-label={`Edit ${name}`} onClick={() => (edited.value = place)}>
              <Icon node={Pencil} size={15} />
            </button>
            <button
              type="button"
              class="ghost"
              aria-label={`Remove ${name}`}
              onClick={() => changeSettings({ functions: functions.toSpliced(place, 1) })}
            >
              <Icon node={Trash2} size={15} />
            </button>
          </div>
        );
      })}
      <FieldProblem name="functions" />
      {index !== undefined && (
        <FunctionDialog
          text={functions[index]?.text ?? ""}
          onClose={() => (edited.value = undefined)}
          onSave={(text) => {
            const entry = { text, isOn: functions[index]?.isOn ?? true };
            changeSettings({ functions: functions.toSpliced(index, 1, entry) });
            edited.value = undefined;
          }}
        />
      )}
    </>
  );
}

function nameOf(text: string): string {
  const { tool } = { tool: undefined, ...checkFunction(text) };
  return readText(tool?.["name"]) || readText(tool?.["type"]) || "Function";
}
