import { useState } from "preact/hooks";
import { formatCost, formatShort } from "../ui/format.ts";
import { type Measure, roundUp, type Series } from "./chart-data.ts";

interface ChartProps {
  days: readonly string[];
  series: readonly Series[];
  measure: Measure;
}

const width = 720;
const height = 200;
/** Left of the bars, for the scale. */
const margin = 46;

/** Stacked bars, one for each day; the day under the pointer, or chosen by the arrow keys, in figures. */
export function Chart({ days, series, measure }: ChartProps) {
  const [chosen, setChosen] = useState(days.length - 1);
  const totals = days.map((_, day) => series.reduce((sum, { values }) => sum + (values[day] ?? 0), 0));
  const top = roundUp(Math.max(...totals));
  const step = (width - margin) / days.length;
  const format = measure === "cost" ? formatCost : formatShort;
  return (
    <figure class="chart">
      <figcaption>
        <span>{formatDay(days[chosen] ?? "")}</span>
        <strong>{format(totals[chosen] ?? 0)}</strong>
        {series.map(({ name, values }, index) => (
          <span key={name} class={`legend series-${index}`}>
            {name} <b>{format(values[chosen] ?? 0)}</b>
          </span>
        ))}
      </figcaption>
      <div
        class="chart-bars"
        role="slider"
        tabIndex={0}
        aria-label={`${measure} by day`}
        aria-valuemin={1}
        aria-valuemax={days.length}
        aria-valuenow={chosen + 1}
        aria-valuetext={`${formatDay(days[chosen] ?? "")}: ${format(totals[chosen] ?? 0)}`}
        onKeyDown={(event) => {
          const move = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
          if (move !== 0) setChosen(Math.min(days.length - 1, Math.max(0, chosen + move)));
        }}
        onPointerMove={({ currentTarget, clientX }) => {
          const box = currentTarget.getBoundingClientRect();
          const x = ((clientX - box.left) / box.width) * width - margin;
          setChosen(Math.min(days.length - 1, Math.max(0, Math.floor(x / step))));
        }}
      >
        <svg viewBox={`0 0 ${width} ${height + 22}`} aria-hidden="true">
          {[0, 0.5, 1].map((part) => (
            <g key={part} class="scale">
              <line x1={margin} x2={width} y1={height - part * (height - 14)} y2={height - part * (height - 14)} />
              <text x={margin - 8} y={height - part * (height - 14) + 4} text-anchor="end">
                {format(part * top)}
              </text>
            </g>
          ))}
          {days.map((day, index) => (
            <g key={day} class={index === chosen ? "day chosen" : "day"}>
              {bars(series, index, { top, x: margin + index * step + step * 0.14, barWidth: step * 0.72 })}
              {index % 7 === (days.length - 1) % 7 && (
                <text
                  x={margin + index * step + step / 2}
                  y={height + 16}
                  text-anchor={index === days.length - 1 ? "end" : "middle"}
                >
                  {formatDay(day)}
                </text>
              )}
            </g>
          ))}
        </svg>
      </div>
    </figure>
  );
}

function bars(
  series: readonly Series[],
  day: number,
  { top, x, barWidth }: { top: number; x: number; barWidth: number },
) {
  let base = height;
  return series.map(({ name, values }, index) => {
    const tall = ((values[day] ?? 0) / top) * (height - 14);
    base -= tall;
    return (
      tall > 0 && (
        <rect
          key={name}
          class={`series-${index}`}
          x={x}
          y={base}
          width={barWidth}
          height={Math.max(tall, 1)}
          rx={1.5}
        />
      )
    );
  });
}

function formatDay(date: string): string {
  return date === ""
    ? ""
    : new Date(`${date}T00:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}
