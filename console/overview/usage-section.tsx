import { useSignal } from "@preact/signals";
import { shortenModel } from "../api/worker.ts";
import { formatCost, formatCount, formatDuration, formatShort } from "../ui/format.ts";
import { Segmented } from "../ui/segmented.tsx";
import { lastDays, type Measure, stackDays } from "./chart-data.ts";
import { Chart } from "./chart.tsx";
import type { OverviewData } from "./read-overview.ts";

/** The figures of 30 days, and the chart of them. */
export function UsageSection({ data, isAdmin }: { data: OverviewData; isAdmin: boolean }) {
  const measure = useSignal<Measure>("tokens");
  const by = useSignal<"model" | "key">("model");
  const days = lastDays(new Date());
  const names = new Map(data.keys.map(({ id, name }) => [id, name]));
  const series = stackDays(data.days, {
    days,
    measure: measure.value,
    nameOf: (row) =>
      by.value === "model" ? shortenModel(row.model) : (names.get(row.keyId) ?? (row.keyId || "unknown")),
  });
  const total = (name: "requests" | "failed" | "tokens" | "cost") => data.days.reduce((sum, row) => sum + row[name], 0);
  const { p50, p95 } = data.latency;
  const figures = [
    ["Requests", formatCount(total("requests"))],
    ["Tokens", formatShort(total("tokens"))],
    ["Cost", formatCost(total("cost"))],
    ["Failed", formatCount(total("failed"))],
    ...(p50 === undefined ? [] : [["First byte, median", formatDuration(p50)]]),
    ...(p95 === undefined ? [] : [["First byte, 95 %", formatDuration(p95)]]),
  ];
  return (
    <>
      <dl class="tiles">
        {figures.map(([name, value]) => (
          <div key={name} class="tile">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <section class="card plain" aria-label="Usage by day">
        <div class="chart-head">
          <Segmented
            label="Measure"
            value={measure.value}
            options={[
              { value: "tokens", label: "Tokens" },
              { value: "cost", label: "Cost" },
              { value: "requests", label: "Requests" },
            ]}
            onChange={(value) => (measure.value = value)}
          />
          {isAdmin && (
            <Segmented
              label="By"
              value={by.value}
              options={[
                { value: "model", label: "Model" },
                { value: "key", label: "Key" },
              ]}
              onChange={(value) => (by.value = value)}
            />
          )}
        </div>
        {data.days.length === 0 ? (
          <p class="empty">Nothing was used yet.</p>
        ) : (
          <Chart days={days} series={series} measure={measure.value} />
        )}
      </section>
      {data.errors.length > 0 && <Errors errors={data.errors} />}
    </>
  );
}

function Errors({ errors }: { errors: OverviewData["errors"] }) {
  const most = Math.max(...errors.map(({ count }) => count));
  return (
    <section class="card plain" aria-label="Errors">
      <h2>Errors</h2>
      <dl class="bars">
        {errors
          .toSorted((left, right) => right.count - left.count)
          .map(({ code, count }) => (
            <div key={code}>
              <dt>{code.replaceAll("_", " ")}</dt>
              <dd>
                <span class="bar-track">
                  <span class="bar-fill" style={{ width: `${(count / most) * 100}%` }} />
                </span>
                {formatCount(count)}
              </dd>
            </div>
          ))}
      </dl>
    </section>
  );
}
