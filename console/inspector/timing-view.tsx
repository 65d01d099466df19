import { costOf, speedOf } from "../chat/cost.ts";
import type { Turn } from "../chat/turn.ts";
import { formatCost, formatCount, formatDuration } from "../ui/format.ts";

/** When what came, as a bar and as figures; tokens and cost. */
export function TimingView({ turn }: { turn: Turn }) {
  // Read, so that the figures are drawn again as events arrive.
  void turn.arrivals.value;
  const { timing, usage } = turn;
  const end = timing.end ?? Math.max(timing.firstText ?? 0, timing.firstReasoning ?? 0, timing.head ?? 0);
  const cost = costOf(turn);
  const speed = speedOf(turn);
  const answerAt = timing.firstText ?? end;
  const thinksAt = timing.firstReasoning ?? answerAt;
  const figures = [
    ["First reasoning", timing.firstReasoning === undefined ? "" : formatDuration(timing.firstReasoning)],
    ["First token", timing.firstText === undefined ? "" : formatDuration(timing.firstText)],
    ["Whole answer", timing.end === undefined ? "" : formatDuration(timing.end)],
    ["Speed", speed === undefined ? "" : `${speed.toFixed(0)} tokens/s`],
    [
      "Input",
      usage === undefined
        ? ""
        : `${formatCount(usage.input)}${usage.cached > 0 ? ` (${formatCount(usage.cached)} cached)` : ""}`,
    ],
    [
      "Output",
      usage === undefined
        ? ""
        : `${formatCount(usage.output)}${usage.reasoning > 0 ? ` (${formatCount(usage.reasoning)} reasoning)` : ""}`,
    ],
    ["Cost", cost === undefined ? "" : formatCost(cost)],
    ["Id", turn.id.value],
  ].filter(([, value]) => value !== "");
  return (
    <section class="timing" aria-label="Timing">
      {end > 0 && (
        <div
          class="timing-bar"
          role="img"
          aria-label={`Waited ${formatDuration(thinksAt)}, thought ${formatDuration(answerAt - thinksAt)}, answered ${formatDuration(end - answerAt)}`}
        >
          <span class="waited" style={{ flexGrow: thinksAt }} />
          <span class="thought" style={{ flexGrow: Math.max(0, answerAt - thinksAt) }} />
          <span class="answered" style={{ flexGrow: Math.max(0, end - answerAt) }} />
        </div>
      )}
      <dl class="figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
