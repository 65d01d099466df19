import { Globe, Hourglass, Image, Plug, Wrench } from "lucide";
import { shortenModel } from "../api/worker.ts";
import { panel } from "../app/layout.ts";
import { chosenModel } from "../settings/models.ts";
import { changeSettings, settings } from "../settings/settings.ts";
import { Icon } from "../ui/icon.tsx";

/** The settings that change from message to message, beside the box where one writes. */
export function ComposerTools() {
  const { webSearch, images, background, effort, functions, servers } = settings.value;
  const tools = functions.filter(({ isOn }) => isOn).length;
  const mcp = servers.filter(({ isOn }) => isOn).length;
  return (
    <>
      <Toggle icon={Globe} label="Search" isOn={webSearch} onClick={() => changeSettings({ webSearch: !webSearch })} />
      <Toggle icon={Image} label="Images" isOn={images} onClick={() => changeSettings({ images: !images })} />
      {background && (
        <Toggle icon={Hourglass} label="Background" isOn onClick={() => changeSettings({ background: false })} />
      )}
      {mcp > 0 && <Toggle icon={Plug} label={`${mcp} MCP`} isOn onClick={openSettings} />}
      {tools > 0 && (
        <Toggle icon={Wrench} label={tools === 1 ? "1 tool" : `${tools} tools`} isOn onClick={openSettings} />
      )}
      <button
        key={chosenModel.value}
        type="button"
        class="ghost model-pill"
        title="Model and settings"
        onClick={openSettings}
      >
        <span class="hidden">Model and settings</span>
        {shortenModel(chosenModel.value)}
        {effort !== "" && <span class="note">{effort}</span>}
      </button>
    </>
  );
}

function openSettings(): void {
  panel.value = "settings";
}

interface ToggleProps {
  icon: typeof Globe;
  label: string;
  isOn: boolean;
  onClick: () => void;
}

function Toggle({ icon, label, isOn, onClick }: ToggleProps) {
  return (
    <button type="button" class="toggle" aria-pressed={isOn} onClick={onClick}>
      <Icon node={icon} size={15} />
      <span>{label}</span>
    </button>
  );
}
