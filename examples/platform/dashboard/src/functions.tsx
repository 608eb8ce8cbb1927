import { useMemo } from "preact/hooks";
import type { FunctionRow } from "./api";
import { Code, StateBadge, UpdateBadge } from "./badge";
import { Filters, filterNames, type Filter } from "./filters";
import { count, many, time } from "./format";
import { useLive } from "./live";
import { usePage, type PageState } from "./pages";
import { functionLink, functionsLink, replaceRoute } from "./route";

// Cursors lead forwards only: where the pages of the last filter began, for "Previous".
let trail: { of: string; cursors: string[] } = { of: "", cursors: [""] };

/** The cursors up to this page's. A link may lead to a page whose predecessors nobody knows. */
function trailTo(of: string, cursor: string): string[] {
  const known = trail.of === of ? trail.cursors : [""];
  const at = known.indexOf(cursor);
  const cursors = at >= 0 ? known.slice(0, at + 1) : [...known, cursor];
  trail = { of, cursors: at >= 0 ? known : cursors };
  return cursors;
}

export function FunctionsPage({ query }: { query: URLSearchParams }) {
  const { overview } = useLive();
  const filter = Object.fromEntries(filterNames.map((name) => [name, query.get(name) ?? ""])) as Filter;
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value));
  const cursor = query.get("cursor") ?? "";
  const state = usePage(given, cursor, overview?.sequence);
  const cursors = trailTo(JSON.stringify(given), cursor);
  const goTo = (to: string | undefined) => {
    if (to !== undefined) location.hash = functionsLink({ ...filter, cursor: to });
  };
  const narrow = (change: Partial<Filter>, typing: boolean) => {
    const link = functionsLink({ ...filter, ...change });
    if (typing) replaceRoute(link);
    else location.hash = link;
  };
  return (
    <>
      <Filters filter={filter} narrow={narrow} reasons={overview?.failures.map((f) => f.reason_code) ?? []} />
      {state.problem && <p role="alert" class="problem">{state.problem}</p>}
      <Table rows={state.page?.rows ?? []} stale={!state.current} />
      <nav class="pager" aria-label="Pages">
        <Turn name="Previous" go={cursors.length > 1 ? () => goTo(cursors.at(-2)) : undefined} />
        <span role="status">{status(state, cursors.length)}</span>
        <Turn name="Next" go={state.current && state.page?.cursor !== undefined ? () => goTo(state.page?.cursor) : undefined} />
      </nav>
    </>
  );
}

// Not "disabled" when there is nothing there: the keyboard would lose its place.
const Turn = ({ name, go }: { name: string; go: (() => void) | undefined }) => (
  <button type="button" aria-disabled={go === undefined} onClick={go}>{name}</button>
);

function status({ page, found, current }: PageState, number: number): string {
  if (!current || !page) {
    if (found === undefined) return "";
    return found > 0 ? `Looking further, ${count(found)} found…` : "Looking…";
  }
  if (page.rows.length === 0) {
    if (page.cursor !== undefined) return "None found up to here; Next looks further.";
    return number > 1 ? "Nothing more." : "No function matches.";
  }
  return `Page ${count(number)}, ${many(page.rows.length, "function")}`;
}

function Table({ rows, stale }: { rows: FunctionRow[]; stale: boolean }) {
  return useMemo(() => (
    <div class="scroll" tabIndex={0} role="region" aria-label="Functions" aria-busy={stale}>
      <table class="functions">
        <caption class="hidden">Functions in the order of their creation</caption>
        <thead>
          <tr><th scope="col">Name</th><th scope="col">State</th><th scope="col" class="update">Last update</th><th scope="col">Reason</th><th scope="col" class="since">Since (UTC)</th></tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row" class="name"><a href={functionLink(row.name)}>{row.name}</a></th>
              <td><StateBadge state={row.state} /></td>
              <td class="update"><UpdateBadge status={row.last_update_status} /></td>
              <td class="reason" title={row.state_reason ?? row.last_update_status_reason ?? undefined}><Code code={row.state_reason_code ?? row.last_update_status_reason_code ?? ""} /></td>
              <td class="number since">{time(row.since)}</td>
            </tr>
          ))}
          {rows.length === 0 && <tr><td colSpan={5} class="empty" aria-hidden="true">–</td></tr>}
        </tbody>
      </table>
    </div>
  ), [rows, stale]);
}
