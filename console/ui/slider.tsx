interface SliderProps {
  label: string;
  /** Undefined: the model's own default. */
  value: number | undefined;
  min: number;
  max: number;
  step: number;
  /** Where the knob stands while nothing is set. */
  rest: number;
  onChange: (value: number | undefined) => void;
}

/** A number by a slider and a field. Nothing is sent until one of them is touched; an empty field takes it back. */
export function Slider({ label, value, min, max, step, rest, onChange }: SliderProps) {
  const change = (text: string) => onChange(text === "" ? undefined : Math.min(max, Math.max(min, Number(text))));
  return (
    <div class="slider">
      <span class="label">{label}</span>
      <input
        type="number"
        aria-label={label}
        placeholder="default"
        min={min}
        max={max}
        step={step}
        value={value ?? ""}
        onChange={({ currentTarget }) => change(currentTarget.value)}
      />
      <input
        type="range"
        aria-label={`${label}, slider`}
        class={value === undefined ? "unset" : ""}
        min={min}
        max={max}
        step={step}
        value={value ?? rest}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
    </div>
  );
}
