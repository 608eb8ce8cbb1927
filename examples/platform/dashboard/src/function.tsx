import { useEffect, useRef, useState } from "preact/hooks";
import { Invoke, Remove } from "./actions";
import { api, textOf, type Explanation, type Transition, type Verdict } from "./api";
import { StateBadge, UpdateBadge } from "./badge";
import { Settings } from "./configuration";
import { Diagram, same } from "./diagram";
import { span, time, words } from "./format";
import { History } from "./history";
import { useLifecycle } from "./lifecycle";
import { useLive } from "./live";

interface Known {
  explanation: Explanation;
  history: Transition[];
}

/** What is known of a function, read anew whenever it has moved. What was known stays when a reading
 *  fails. */
function useFunction(name: string): { known: Known | null; problem: string; gone: boolean } {
  const { news } = useLive();
  const [known, setKnown] = useState<Known | null>(null);
  const [problem, setProblem] = useState("");
  const [gone, setGone] = useState(false);
  const reading = useRef(false);
  const again = useRef(false);
  const read = async () => {
    again.current = true;
    if (reading.current) return;
    reading.current = true;
    while (again.current) {
      again.current = false;
      try {
        const [explanation, history] = await Promise.all([api.explain(name), api.history(name)]);
        setKnown({ explanation, history: history.transitions });
        setProblem("");
        setGone(false);
      } catch (error) {
        setProblem(textOf(error));
      }
    }
    reading.current = false;
  };
  useEffect(() => void read(), []);
  useEffect(() => {
    if (!news || news.name !== name) return;
    if (news.gone) setGone(true);
    else void read();
  }, [news]);
  return { known, problem, gone };
}

export function FunctionPage({ name }: { name: string }) {
  const { known, problem, gone } = useFunction(name);
  const table = useLifecycle();
  if (gone) return <Nothing text={`${name} has been deleted.`} />;
  if (!known) return problem ? <Nothing text={problem} /> : <p role="status">Loading…</p>;
  const { explanation, history } = known;
  const step = history.findLast((t) => !same(t.from, t.to));
  return (
    <>
      {problem && <p role="alert" class="problem">{problem}</p>}
      <Situation of={explanation} />
      <div class="columns wide">
        <section class="card" aria-labelledby="explain">
          <h2 id="explain">Why, and what comes next</h2>
          <ul class="sentences">{explanation.sentences.map((s, i) => <li key={i}>{s}</li>)}</ul>
          <h3 id="calls">Calls now</h3>
          <Calls all={explanation.calls} />
        </section>
        <section class="card" aria-labelledby="act">
          <h2 id="act">Act</h2>
          <Invoke name={name} />
          <Remove name={name} />
        </section>
      </div>
      <section aria-labelledby="lifecycle">
        <h2 id="lifecycle">Lifecycle</h2>
        {table && <Diagram table={table} current={explanation} last={step} />}
      </section>
      <div class="columns wide">
        <section aria-labelledby="history">
          <h2 id="history">History</h2>
          <History all={history} />
        </section>
        <section aria-labelledby="configuration">
          <h2 id="configuration">Configuration</h2>
          <Settings name={name} revision={history.at(-1)?.sequence} />
        </section>
      </div>
    </>
  );
}

const Nothing = ({ text }: { text: string }) => (
  <>
    <p role="alert" class="problem">{text}</p>
    <p><a href="#/functions">All functions</a></p>
  </>
);

function Situation({ of }: { of: Explanation }) {
  const { overview } = useLive();
  const passed = overview ? Date.parse(overview.now) - Date.parse(of.since) : 0;
  const reason = of.state_reason_code ?? of.last_update_status_reason_code;
  return (
    <ul class="facts situation">
      <li><span role="status"><StateBadge state={of.state} /></span></li>
      {of.last_update_status && <li>Last update <UpdateBadge status={of.last_update_status} /></li>}
      {reason && <li>Reason <b>{reason}</b></li>}
      <li>Since <b class="number">{time(of.since)} UTC</b>{passed >= 1000 && ` (${span(passed)})`}</li>
      <li>In flight <b>{of.in_flight}</b></li>
      {of.attempt && <li>{words(of.attempt.kind)} <b>{words(of.attempt.phase)}</b>, try {of.attempt.tries} of {of.attempt.tries_max}</li>}
    </ul>
  );
}

function Calls({ all }: { all: Verdict[] }) {
  return (
    <ul class="verdicts" aria-labelledby="calls">
      {all.map((each) => (
        <li key={each.call} class={each.accepted ? "" : "refused"} title={`rule ${each.rule}`}>
          <span aria-hidden="true">{each.accepted ? "✓" : "✕"}</span> {words(each.call)}
          <span class={each.accepted ? "hidden" : "faint"}> {each.accepted ? "accepted" : `refused: ${words(each.answer)}`}</span>
        </li>
      ))}
    </ul>
  );
}
