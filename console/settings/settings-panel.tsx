import { RotateCcw, X } from "lucide";
import { health, shortenModel } from "../api/worker.ts";
import { panel } from "../app/layout.ts";
import { formatCost, formatShort } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { Slider } from "../ui/slider.tsx";
import { Switch } from "../ui/switch.tsx";
import { FieldProblem } from "./field-problem.tsx";
import { JsonField } from "./json-field.tsx";
import { chosenModel, factsOfModel } from "./models.ts";
import { OutputSection } from "./output-section.tsx";
import { changeSettings, resetSettings, settings } from "./settings.ts";
import { ToolsSection } from "./tools-section.tsx";

/** Everything a request can say. */
export function SettingsPanel() {
  return (
    <aside class="panel" aria-label="Settings">
      <header class="panel-head">
        <h2>Settings</h2>
        <button type="button" class="ghost" title="Set everything back" onClick={resetSettings}>
          <Icon node={RotateCcw} size={15} /> Reset
        </button>
        <button type="button" class="ghost" aria-label="Close the settings" onClick={() => (panel.value = "none")}>
          <Icon node={X} />
        </button>
      </header>
      <div class="panel-body">
        <ModelSection />
        <ReasoningSection />
        <ToolsSection />
        <OutputSection />
        <SamplingSection />
        <DeliverySection />
        <section class="group">
          <h3>Anything else</h3>
          <JsonField
            name="extra"
            label="Raw JSON, merged into the request"
            value={settings.value.extra}
            placeholder={'{ "metadata": { "team": "docs" } }'}
            onChange={(extra) => changeSettings({ extra })}
          />
        </section>
      </div>
    </aside>
  );
}

function ModelSection() {
  const { instructions } = settings.value;
  const model = chosenModel.value;
  return (
    <section class="group">
      <h3>Model</h3>
      <label class="field">
        <span class="hidden">Model</span>
        <select value={model} onChange={({ currentTarget }) => changeSettings({ model: currentTarget.value })}>
          {(health.value?.models ?? []).map((name) => (
            <option key={name} value={name}>
              {shortenModel(name)}
            </option>
          ))}
        </select>
      </label>
      <ModelFacts model={model} />
      <label class="field">
        Instructions
        <textarea
          rows={3}
          value={instructions}
          placeholder="How the model should behave"
          onInput={({ currentTarget }) => changeSettings({ instructions: currentTarget.value })}
        />
      </label>
    </section>
  );
}

function ModelFacts({ model }: { model: string }) {
  const { context, seesImages, reasons, price } = factsOfModel(model);
  const facts = [
    context === undefined ? "" : `${formatShort(context)} tokens of context`,
    seesImages === undefined ? "" : seesImages ? "sees images" : "text only: images are described to it",
    reasons === true ? "reasons" : "",
    "calls tools",
    price === undefined ? "" : `${formatCost(price.input)} in, ${formatCost(price.output)} out per million tokens`,
  ].filter((fact) => fact !== "");
  return (
    <ul class="facts-list">
      {facts.map((fact) => (
        <li key={fact}>{fact}</li>
      ))}
    </ul>
  );
}

function ReasoningSection() {
  const { effort, summary } = settings.value;
  return (
    <section class="group">
      <h3>Reasoning</h3>
      <Segmented
        label="Effort"
        value={effort}
        options={[
          { value: "", label: "Default" },
          { value: "low", label: "Low" },
          { value: "medium", label: "Medium" },
          { value: "high", label: "High" },
        ]}
        onChange={(value) => changeSettings({ effort: value })}
      />
      <Segmented
        label="Summary"
        value={summary}
        options={[
          { value: "", label: "Default" },
          { value: "auto", label: "Auto" },
          { value: "concise", label: "Concise" },
          { value: "detailed", label: "Detailed" },
        ]}
        onChange={(value) => changeSettings({ summary: value })}
      />
    </section>
  );
}

function SamplingSection() {
  const { temperature, topP, maxOutputTokens, maxToolCalls } = settings.value;
  return (
    <section class="group">
      <h3>Sampling and limits</h3>
      <Slider
        label="Temperature"
        value={temperature}
        min={0}
        max={2}
        step={0.05}
        rest={1}
        onChange={(value) => changeSettings({ temperature: value })}
      />
      <Slider
        label="Top p"
        value={topP}
        min={0}
        max={1}
        step={0.01}
        rest={1}
        onChange={(value) => changeSettings({ topP: value })}
      />
      <div class="pair">
        <label class="field">
          Output tokens
          <input
            inputMode="numeric"
            placeholder="default"
            value={maxOutputTokens}
            onInput={({ currentTarget }) => changeSettings({ maxOutputTokens: currentTarget.value })}
          />
        </label>
        <label class="field">
          Tool calls
          <input
            inputMode="numeric"
            placeholder="no limit"
            value={maxToolCalls}
            onInput={({ currentTarget }) => changeSettings({ maxToolCalls: currentTarget.value })}
          />
        </label>
      </div>
      <FieldProblem name="maxOutputTokens" />
      <FieldProblem name="maxToolCalls" />
    </section>
  );
}

function DeliverySection() {
  const { stream, store, background, conversation, webSocket, parallelToolCalls } = settings.value;
  return (
    <section class="group">
      <h3>Delivery and storage</h3>
      <Switch label="Stream" checked={stream} onChange={(value) => changeSettings({ stream: value })}>
        The answer comes as it is made
      </Switch>
      <Switch label="Store" checked={store} onChange={(value) => changeSettings({ store: value })}>
        The Worker keeps the answer, so that the chat can be opened again
      </Switch>
      <Switch
        label="Background"
        checked={background}
        disabled={!store}
        onChange={(value) => changeSettings({ background: value })}
      >
        The run goes on when this page is closed
      </Switch>
      <Switch
        label="Conversation"
        checked={conversation}
        disabled={!store}
        onChange={(value) => changeSettings({ conversation: value })}
      >
        New chats become a conversation of the API
      </Switch>
      <Switch label="WebSocket" checked={webSocket} onChange={(value) => changeSettings({ webSocket: value })}>
        One open connection for the whole chat
      </Switch>
      <Switch
        label="Parallel tool calls"
        checked={parallelToolCalls}
        onChange={(value) => changeSettings({ parallelToolCalls: value })}
      />
    </section>
  );
}
