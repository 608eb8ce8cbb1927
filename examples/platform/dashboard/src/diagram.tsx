// The lifecycle as a diagram, drawn from the table of the platform.
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Arrow, Lifecycle, Situation } from "./api";
import { situationText } from "./badge";
import { count, words } from "./format";
import { box, centre, extent, lineOf } from "./layout";
import { functionsLink } from "./route";

export const same = (a: Situation, b: Situation): boolean =>
  a.state === b.state && a.last_update_status === b.last_update_status;

interface Drawn extends Arrow {
  begin: Situation;
  end: Situation;
  both: boolean;
}

// Every function can be removed: those arrows would say nothing.
function drawnArrows(table: Lifecycle): Drawn[] {
  const by = new Map(table.situations.map((s) => [s.name, s]));
  return table.arrows.flatMap((arrow) => {
    const [begin, end] = [by.get(arrow.from), by.get(arrow.to)];
    if (!begin || !end?.state) return [];
    const both = table.arrows.some((other) => other.from === arrow.to && other.to === arrow.from) && begin.state !== null;
    return [{ ...arrow, begin, end, both }];
  });
}

interface Props {
  table: Lifecycle;
  /** For one function: where it is, and the last step that it took. */
  current?: Situation;
  last?: { from: Situation; to: Situation };
  /** For all of them: how many are where, by the situation's name. */
  counts?: Map<string, number>;
}

export function Diagram({ table, current, last, counts }: Props) {
  const { width, height } = extent(table);
  const arrows = useMemo(() => drawnArrows(table), [table]);
  const scroll = useRef<HTMLDivElement>(null);
  // On a narrow screen the current situation is what must be seen.
  useEffect(() => {
    const element = scroll.current;
    if (element && current) element.scrollLeft = (centre(current).x / width) * element.scrollWidth - element.clientWidth / 2;
  }, [current?.state, current?.last_update_status]);
  const label = current ? `Lifecycle diagram. The function is ${situationText(current)}.` : "Lifecycle diagram, with the number of functions in each situation";
  return (
    <div class="scroll" ref={scroll} tabIndex={0} role="region" aria-label="Lifecycle diagram">
      <svg class="diagram" viewBox={`0 0 ${width} ${height}`} role={current ? "img" : "group"} aria-label={label}>
        <defs>
          <Tip id="tip" />
          <Tip id="tip-taken" />
        </defs>
        {arrows.map((arrow) => (
          <Line key={`${arrow.from} ${arrow.to}`} arrow={arrow} taken={last !== undefined && same(arrow.begin, last.from) && same(arrow.end, last.to)} />
        ))}
        {table.situations.map((node) => (
          <Node key={node.name} node={node} lit={current !== undefined && same(node, current)} functions={counts?.get(node.name)} />
        ))}
      </svg>
    </div>
  );
}

const Tip = ({ id }: { id: string }) => (
  <marker id={id} class={id} viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
    <path d="M0 0.5 L8 4 L0 7.5 z" />
  </marker>
);

function Line({ arrow, taken }: { arrow: Drawn; taken: boolean }) {
  const { path, label } = lineOf(arrow.begin, arrow.end, arrow.both);
  return (
    <g class={taken ? "arrow taken" : "arrow"}>
      <title>{arrow.events.map(words).join(", ")} ({arrow.rules.join(", ")})</title>
      <path d={path} marker-end={taken ? "url(#tip-taken)" : "url(#tip)"} />
      <text x={label.x} y={label.y} text-anchor={label.anchor}>{words(arrow.events[0] ?? "")}</text>
    </g>
  );
}

function Node({ node, lit, functions }: { node: Situation & { name: string }; lit: boolean; functions: number | undefined }) {
  const { x, y } = centre(node);
  if (!node.state) return <circle class={lit ? "nothing lit" : "nothing"} cx={x} cy={y} r="6"><title>no function</title></circle>;
  const shape = <rect x={x - box.width / 2} y={y - box.height / 2} width={box.width} height={box.height} rx="8" />;
  if (functions === undefined) {
    return (
      <g class={`node state-${node.state} ${lit ? "lit" : ""}`}>
        {shape}
        <text x={x} y={y - 2} text-anchor="middle">{node.state}</text>
        <text x={x} y={y + 15} text-anchor="middle" class="small">{node.last_update_status ?? (node.state === "Pending" ? "being created" : "not created")}</text>
      </g>
    );
  }
  const label = [node.state, node.last_update_status].filter(Boolean).join(" · ");
  const link = functionsLink({ state: node.state, last_update_status: node.last_update_status ?? "" });
  return (
    <a href={link}>
      <g class={`node state-${node.state} ${functions > 0 ? "lit" : ""}`}>
        {shape}
        <text x={x} y={y - 2} text-anchor="middle" class="count">{count(functions)}</text>{" "}
        <text x={x} y={y + 15} text-anchor="middle" class="small">{label}</text>
      </g>
    </a>
  );
}
