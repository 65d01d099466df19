/** Bars that are compared with each other; each group has its own scale. */
export interface BarGroup {
  name: string;
  bars: readonly { name: string; value: number; isOurs: boolean }[];
}

const width = 720;
const nameWidth = 190;
const valueWidth = 80;
const barHeight = 18;
const step = 24;

/** Draws groups of bars as SVG that follows the reader's colour scheme. Values are printed beside their bars with `unit`. */
export function drawBars(title: string, unit: string, groups: readonly BarGroup[]): string {
  let y = 52;
  const parts: string[] = [];
  for (const { name, bars } of groups) {
    const largest = Math.max(...bars.map(({ value }) => value));
    parts.push(`<text class="group" x="0" y="${y}">${escape(name)}</text>`);
    y += 12;
    for (const { name: bar, value, isOurs } of bars) {
      const length = Math.max(2, Math.round((value / largest) * (width - nameWidth - valueWidth)));
      const middle = y + barHeight / 2;
      parts.push(
        `<text x="${nameWidth - 10}" y="${middle}" text-anchor="end">${escape(bar)}</text>`,
        `<rect class="${isOurs ? "ours" : "other"}" x="${nameWidth}" y="${y}" width="${length}" height="${barHeight}" rx="3"/>`,
        `<text x="${nameWidth + length + 8}" y="${middle}">${value} ${unit}</text>`,
      );
      y += step;
    }
    y += 26;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y - 26}" role="img" aria-label="${escape(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328; dominant-baseline: middle }
.title { font-size: 15px; font-weight: 600 }
.group { font-weight: 600 }
.other { fill: #8c959f }
.ours { fill: #c2410c }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .other { fill: #6e7681 } .ours { fill: #f6821f } }
</style>
<text class="title" x="0" y="16">${escape(title)}</text>
${parts.join("\n")}
</svg>
`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
