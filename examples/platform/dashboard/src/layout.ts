// Where the situations of the lifecycle are drawn, and along which lines the arrows run. All of it
// follows from what the platform says of its table: columns are made of State, rows of
// LastUpdateStatus; what makes a new function stands at the left.
import type { Lifecycle, Situation } from "./api";

export const box = { width: 138, height: 48 };
const gap = { x: 134, y: 54 };
const margin = { left: 92, top: 52, right: 12, bottom: 50 };
/** Where "no function" is, as a dot. */
const dot = 12;
const corner = 8;

interface Point {
  x: number;
  y: number;
}

interface Cell {
  column: number;
  row: number;
}

/** A line with an arrow at its end, and where its label goes. */
export interface Line {
  path: string;
  label: Point & { anchor: "start" | "middle" | "end" };
}

function cellOf({ state, last_update_status: status }: Situation): Cell {
  const row = status === "InProgress" ? 1 : status === "Failed" ? 2 : 0;
  switch (state) {
    case null: return { column: -1, row: 0 };
    case "Pending": return { column: status ? 2 : 0, row };
    case "Failed": return { column: 0, row: 1 };
    case "Active": return { column: 1, row };
    case "Inactive": return { column: 3, row };
  }
}

const centreOf = ({ column, row }: Cell): Point => ({
  x: column < 0 ? dot : margin.left + column * (box.width + gap.x) + box.width / 2,
  y: margin.top + row * (box.height + gap.y) + box.height / 2,
});

export const centre = (situation: Situation): Point => centreOf(cellOf(situation));

/** How large the whole is. */
export function extent(table: Lifecycle): { width: number; height: number } {
  const cells = table.situations.map(cellOf);
  const last = centreOf({
    column: Math.max(...cells.map((c) => c.column)),
    row: Math.max(...cells.map((c) => c.row)),
  });
  return { width: last.x + box.width / 2 + margin.right, height: last.y + box.height / 2 + margin.bottom };
}

/** From corner to corner, each of them rounded. */
function polyline(points: Point[]): string {
  const steps = points.map((p, i) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    if (!before) return `M${p.x} ${p.y}`;
    if (!after) return `L${p.x} ${p.y}`;
    const towards = (q: Point) => {
      const length = Math.hypot(q.x - p.x, q.y - p.y);
      const part = Math.min(corner, length / 2) / length;
      return `${p.x + (q.x - p.x) * part} ${p.y + (q.y - p.y) * part}`;
    };
    return `L${towards(before)} Q${p.x} ${p.y} ${towards(after)}`;
  });
  return steps.join(" ");
}

/** The line of an arrow; `both` says that there is one back as well. */
export function lineOf(from: Situation, to: Situation, both: boolean): Line {
  const [a, b] = [cellOf(from), cellOf(to)];
  if (a.row !== b.row) return a.column === b.column ? vertical(a, b, both) : aslant(a, b);
  return Math.abs(a.column - b.column) === 1 ? horizontal(a, b, both) : around(a, b);
}

function horizontal(from: Cell, to: Cell, both: boolean): Line {
  const [a, b] = [centreOf(from), centreOf(to)];
  const right = b.x > a.x ? 1 : -1;
  const y = a.y + (both ? -8 * right : 0);
  const half = box.width / 2;
  const start = from.column < 0 ? a.x + dot / 2 : a.x + right * half;
  const end = b.x - right * half;
  const below = both && right < 0;
  return {
    path: polyline([{ x: start, y }, { x: end, y }]),
    label: { x: (start + end) / 2, y: below ? y + 15 : y - 6, anchor: "middle" },
  };
}

function vertical(from: Cell, to: Cell, both: boolean): Line {
  const [a, b] = [centreOf(from), centreOf(to)];
  const down = b.y > a.y ? 1 : -1;
  const x = a.x - (both ? 10 * down : 0);
  const [start, end] = [a.y + down * (box.height / 2), b.y - down * (box.height / 2)];
  const left = both && down > 0;
  return {
    path: polyline([{ x, y: start }, { x, y: end }]),
    label: { x: left ? x - 6 : x + 6, y: (start + end) / 2 + 4, anchor: left ? "end" : "start" },
  };
}

/** Past what lies between: above the first row, below the others. */
function around(from: Cell, to: Cell): Line {
  const [a, b] = [centreOf(from), centreOf(to)];
  const away = from.row === 0 ? -1 : 1;
  const border = a.y + away * (box.height / 2);
  const lane = border + away * 24;
  const inwards = b.x > a.x ? 24 : -24;
  return {
    path: polyline([
      { x: a.x + inwards, y: border }, { x: a.x + inwards, y: lane },
      { x: b.x - inwards, y: lane }, { x: b.x - inwards, y: border },
    ]),
    label: { x: (a.x + b.x) / 2, y: away < 0 ? lane - 6 : lane + 15, anchor: "middle" },
  };
}

/** Along the row where it begins, then up or down, and in from the side. */
function aslant(from: Cell, to: Cell): Line {
  const [a, b] = [centreOf(from), centreOf(to)];
  const right = b.x > a.x ? 1 : -1;
  const down = b.y > a.y ? 1 : -1;
  const start = { x: a.x + right * (box.width / 2), y: a.y };
  const side = b.x - right * (box.width / 2);
  const turn = side - right * (gap.x - 40);
  const y = b.y - down * 14;
  return {
    path: polyline([start, { x: turn, y: a.y }, { x: turn, y }, { x: side, y }]),
    label: { x: (start.x + turn) / 2, y: a.y - 6, anchor: "middle" },
  };
}
