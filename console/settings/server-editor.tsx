import { Trash2 } from "lucide";
import { Icon } from "../ui/icon.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { Switch } from "../ui/switch.tsx";
import type { McpServer } from "./default-settings.ts";
import { changeSettings, serverTokens, settings } from "./settings.ts";

/** An MCP server: known to the Worker by its label, or named by its URL. */
export function ServerEditor({ server, index }: { server: McpServer; index: number }) {
  const { label, url, approval, allowedTools, isOn } = server;
  const change = (part: Partial<McpServer>) =>
    changeSettings({
      servers: settings.value.servers.map((old, place) => (place === index ? { ...old, ...part } : old)),
    });
  const name = label || "MCP server";
  return (
    <div class="box-group">
      <div class="tool-row">
        <Switch label={name} checked={isOn} onChange={(value) => change({ isOn: value })} />
        <button
          type="button"
          class="ghost"
          aria-label={`Remove ${name}`}
          onClick={() => changeSettings({ servers: settings.value.servers.toSpliced(index, 1) })}
        >
          <Icon node={Trash2} size={15} />
        </button>
      </div>
      <label class="field">
        Label
        <input
          value={label}
          placeholder="docs"
          onInput={({ currentTarget }) => change({ label: currentTarget.value })}
        />
      </label>
      <details>
        <summary>Address, token and tools</summary>
        <label class="field">
          URL
          <input
            type="url"
            value={url}
            placeholder="Known to the Worker by the label"
            onInput={({ currentTarget }) => change({ url: currentTarget.value })}
          />
        </label>
        <label class="field">
          Token
          <input
            type="password"
            autocomplete="off"
            value={serverTokens.value[label] ?? ""}
            placeholder="Stays in this tab"
            onInput={({ currentTarget }) =>
              (serverTokens.value = { ...serverTokens.value, [label]: currentTarget.value })
            }
          />
        </label>
        <label class="field">
          Allowed tools
          <input
            value={allowedTools}
            placeholder="All, or names separated by commas"
            onInput={({ currentTarget }) => change({ allowedTools: currentTarget.value })}
          />
        </label>
      </details>
      <Segmented
        label={`Approval for ${name}`}
        value={approval}
        options={[
          { value: "always", label: "Ask me" },
          { value: "never", label: "Never ask" },
        ]}
        onChange={(value) => change({ approval: value })}
      />
    </div>
  );
}
