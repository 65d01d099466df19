import type { ComponentChildren } from "preact";

interface SwitchProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  /** A line beneath the label. */
  children?: ComponentChildren;
}

export function Switch({ label, checked, onChange, disabled = false, children }: SwitchProps) {
  return (
    <label class={`switch${disabled ? " disabled" : ""}`}>
      <span class="switch-text">
        <span class="switch-label">{label}</span>
        {children !== undefined && <span class="note">{children}</span>}
      </span>
      <input
        type="checkbox"
        role="switch"
        aria-label={label}
        checked={checked}
        disabled={disabled}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
    </label>
  );
}
