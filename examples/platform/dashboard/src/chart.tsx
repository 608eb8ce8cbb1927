// A small chart of the last minute, newest at the right. The numbers beside it say the same in words.
import { samplesMax } from "./rates";

const width = 240;
const height = 56;

interface Line {
  values: number[];
  kind: "main" | "bad";
}

export function Chart({ lines, label }: { lines: Line[]; label: string }) {
  const top = Math.max(1, ...lines.flatMap((line) => line.values));
  const points = (values: number[]) =>
    values.map((value, i) => {
      const x = width - (values.length - 1 - i) * (width / (samplesMax - 1));
      return `${x.toFixed(1)},${(height - 1.5 - (value / top) * (height - 4)).toFixed(1)}`;
    });
  return (
    <svg class="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} preserveAspectRatio="none">
      <line x1="0" y1={height - 0.5} x2={width} y2={height - 0.5} class="axis" />
      {lines.map(({ values, kind }) => values.length > 1 && (kind === "main" || Math.max(...values) > 0) && (
        <g key={kind} class={kind}>
          {kind === "main" && <polygon points={[...points(values), `${width},${height}`, `${points(values)[0]?.split(",")[0]},${height}`].join(" ")} />}
          <polyline points={points(values).join(" ")} />
        </g>
      ))}
    </svg>
  );
}
