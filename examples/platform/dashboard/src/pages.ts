// Pages of the table: asked for by filter and cursor, and asked for anew when functions have moved.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, ApiError, textOf, type FunctionRow } from "./api";

export const pageSize = 50;
// A page may be short when few of very many functions match: then the next one is asked for. The
// platform looks at a million functions per request.
const requestsMax = 40;
const refreshAfter = 1000;
const retryAfter = 3000;
// What asking takes must stay a small part of the time.
const restFactor = 4;

export interface Page {
  rows: FunctionRow[];
  /** Where the next one begins; none after the last. */
  cursor: string | undefined;
}

export interface PageState {
  page: Page | null;
  problem: string;
  /** Found so far by a search that goes on; none when nothing is being looked for. */
  found: number | undefined;
  /** Whether `page` is what was asked for last. */
  current: boolean;
}

type Told = (found: number) => boolean;

/** Asks until the page is full; stops when `goesOn` says so, which hears how many there are. */
async function fill(filter: Record<string, string>, cursor: string, goesOn: Told): Promise<Page> {
  const rows: FunctionRow[] = [];
  let at: string | undefined = cursor;
  for (let i = 0; i < requestsMax && at !== undefined && rows.length < pageSize && goesOn(rows.length); ++i) {
    const query = new URLSearchParams({ ...filter, limit: String(pageSize - rows.length) });
    if (at !== "") query.set("cursor", at);
    const page = await api.list(query);
    rows.push(...page.functions);
    at = page.cursor;
  }
  return { rows, cursor: at };
}

/** Whether the same request may have a better answer later. */
const isPassing = (error: unknown): boolean => !(error instanceof ApiError) || error.status === 0 || error.status >= 500;

/** The page at a cursor ("" = the first), read anew when `sequence` is another: not while it is being
 *  read, and at most once a second. */
export function usePage(filter: Record<string, string>, cursor: string, sequence: number | undefined): PageState {
  const wanted = JSON.stringify([filter, cursor]);
  const [state, setState] = useState<PageState & { of: string }>({ page: null, problem: "", found: 0, current: false, of: "" });
  const asked = useRef(0);
  const running = useRef(false);
  const seen = useRef<number | undefined>(undefined);
  const next = useRef(0);

  const load = () => {
    let rest = 0;
    const mine = ++asked.current;
    const isCurrent = () => mine === asked.current;
    const begin = performance.now();
    running.current = true;
    seen.current = sequence;
    setState((before) => ({ ...before, found: 0 }));
    fill(filter, cursor, (found) => {
      if (isCurrent()) setState((before) => ({ ...before, found }));
      return isCurrent();
    })
      .then((page) => isCurrent() && setState({ page, problem: "", found: undefined, current: true, of: wanted }))
      .catch((error: unknown) => {
        if (!isCurrent()) return;
        if (isPassing(error)) {
          seen.current = undefined;
          rest = retryAfter;
        }
        setState((before) => ({ ...before, problem: textOf(error), found: undefined }));
      })
      .finally(() => {
        if (!isCurrent()) return;
        running.current = false;
        const end = performance.now();
        next.current = end + Math.max(refreshAfter, restFactor * (end - begin), rest);
      });
  };
  useEffect(() => {
    load();
    return () => void ++asked.current;
  }, [wanted]);
  useEffect(() => {
    const refresh = () => {
      if (!running.current && sequence !== undefined && seen.current !== sequence) load();
    };
    if (seen.current === sequence && !running.current) return;
    const waiting = setTimeout(refresh, Math.max(0, next.current - performance.now()));
    return () => clearTimeout(waiting);
  }, [sequence, state.found === undefined]);
  return { ...state, current: state.of === wanted };
}
