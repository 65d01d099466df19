import { Monitor, Moon, Sun } from "lucide";
import { Icon } from "../ui/icon.tsx";
import { type Theme, theme } from "./theme.ts";

const nextTheme: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const themeIcons = { system: Monitor, light: Sun, dark: Moon };

/** Goes from the system's colours to light ones, to dark ones, and back. */
export function ThemeButton() {
  return (
    <button
      type="button"
      class="ghost"
      aria-label={`Colours: ${theme.value}. Change`}
      title={`Colours: ${theme.value}`}
      onClick={() => (theme.value = nextTheme[theme.value])}
    >
      <Icon node={themeIcons[theme.value]} size={17} />
    </button>
  );
}
