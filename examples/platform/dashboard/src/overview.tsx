import { useMemo } from "preact/hooks";
import type { Overview, State, Transition } from "./api";
import { Code, StateBadge, situationText } from "./badge";
import { Chart } from "./chart";
import { Diagram } from "./diagram";
import { count, many, milliseconds, rate, span, time, words } from "./format";
import { useLifecycle } from "./lifecycle";
import { useLive } from "./live";
import { Network } from "./network";
import type { Sample } from "./rates";
import { functionLink, functionsLink } from "./route";

const states: State[] = ["Pending", "Active", "Inactive", "Failed"];

export function OverviewPage() {
  const { overview, samples } = useLive();
  const table = useLifecycle();
  if (!overview) return <p role="status">Waiting for the platform…</p>;
  return (
    <>
      <States overview={overview} />
      {overview.functions === 0 && <Beginning />}
      <div class="columns">
        <Transitions samples={samples} total={overview.transitions} />
        <Invocations samples={samples} overview={overview} />
        <Provisioning of={overview.provisioning} />
        <Failures all={overview.failures} />
      </div>
      <section aria-labelledby="situations">
        <h2 id="situations">Lifecycle</h2>
        {table && <Diagram table={table} counts={new Map(overview.situations.map((s) => [s.name, s.functions]))} />}
      </section>
      <Network sequence={overview.sequence} />
      <section aria-labelledby="recent">
        <h2 id="recent">Last transitions</h2>
        {overview.recent.length === 0 ? <p class="faint">None since the start.</p> : <Recent all={overview.recent} />}
      </section>
    </>
  );
}

function States({ overview }: { overview: Overview }) {
  const updates = overview.update_statuses;
  return (
    <section aria-labelledby="states">
      <h2 id="states">{many(overview.functions, "function")} by state</h2>
      <ul class="tiles">
        {states.map((state) => (
          <li key={state}>
            <a class="tile" href={functionsLink({ state })}>
              <StateBadge state={state} />
              <strong class="number">{count(overview.states[state])}</strong>
            </a>
          </li>
        ))}
      </ul>
      <ul class="facts">
        <li><a href={functionsLink({ last_update_status: "InProgress" })}>Updates in progress</a> <b>{count(updates.InProgress)}</b></li>
        <li><a href={functionsLink({ last_update_status: "Failed" })}>Last update failed</a> <b class={updates.Failed > 0 ? "problem" : ""}>{count(updates.Failed)}</b></li>
        <li>Waiters <b>{count(overview.waiters)}</b></li>
        <li>Health <b class={overview.health === "ok" ? "" : "problem"}>{overview.health}</b></li>
        <li>Up for <b>{span(overview.uptime_ms)}</b></li>
      </ul>
    </section>
  );
}

/** For whoever has just started the platform. */
function Beginning() {
  return (
    <p>
      There are no functions yet. Any client of AWS Lambda creates them here:{" "}
      <code>aws lambda create-function --endpoint-url {location.origin} …</code>
    </p>
  );
}

function Transitions({ samples, total }: { samples: Sample[]; total: number }) {
  const values = samples.map((s) => s.transitions);
  return (
    <section class="card" aria-labelledby="transitions">
      <h2 id="transitions">Transitions</h2>
      <p class="number big">{rate(values.at(-1) ?? 0)} <small>per second</small></p>
      <Chart lines={[{ values, kind: "main" }]} label="Transitions per second in the last minute" />
      <p class="faint">at most {rate(Math.max(0, ...values))}/s in the last minute; {count(total)} since the start</p>
    </section>
  );
}

function Invocations({ samples, overview }: { samples: Sample[]; overview: Overview }) {
  const admitted = samples.map((s) => s.admitted);
  const refused = samples.map((s) => s.refused);
  const refusing = refused.at(-1) ?? 0;
  return (
    <section class="card" aria-labelledby="invocations">
      <h2 id="invocations">Invocations</h2>
      <p class="number big">{rate(admitted.at(-1) ?? 0)} <small>admitted per second</small></p>
      <Chart lines={[{ values: admitted, kind: "main" }, { values: refused, kind: "bad" }]} label="Invocations per second in the last minute, admitted and refused" />
      <p class="faint"><b class={refusing > 0 ? "problem" : ""}>{rate(refusing)}/s refused</b> for the function's state; {count(overview.invocations.admitted)} and {count(overview.invocations.refused)} since the start</p>
    </section>
  );
}

function Provisioning({ of: { latency_ms: latency, ...of } }: { of: Overview["provisioning"] }) {
  return (
    <section class="card" aria-labelledby="provisioning">
      <h2 id="provisioning">Provisioning</h2>
      <dl class="quantiles">
        <div><dt>p50</dt><dd>{milliseconds(latency.p50)}</dd></div>
        <div><dt>p90</dt><dd>{milliseconds(latency.p90)}</dd></div>
        <div><dt>p99</dt><dd>{milliseconds(latency.p99)}</dd></div>
      </dl>
      <p class="faint">from the order to the end, {many(latency.count, "attempt")} in the last minute</p>
      <dl class="pairs">
        <dt>queued</dt><dd>{count(of.queued)}</dd>
        <dt>in flight</dt><dd>{count(of.in_flight)}</dd>
        <dt>succeeded</dt><dd>{count(of.succeeded)}</dd>
        <dt>failed</dt><dd>{count(of.failed)}</dd>
        <dt>retries</dt><dd>{count(of.retries)}</dd>
      </dl>
    </section>
  );
}

const failuresShown = 8;

function Failures({ all }: { all: Overview["failures"] }) {
  const more = all.length - failuresShown;
  return (
    <section class="card" aria-labelledby="failures">
      <h2 id="failures">Failures by reason</h2>
      {all.length === 0 && <p class="faint">Nothing has failed.</p>}
      <ul class="plain">
        {all.slice(0, failuresShown).map((f) => (
          <li key={f.reason_code}>
            <a href={functionsLink({ reason_code: f.reason_code })}><Code code={f.reason_code} /></a>
            <span class="number">{count(f.functions)}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <p class="faint">and {many(more, "more reason")}</p>}
    </section>
  );
}

function Recent({ all }: { all: Transition[] }) {
  return useMemo(() => (
    <div class="scroll" tabIndex={0} role="region" aria-labelledby="recent">
      <table class="recent">
        <thead>
          <tr><th scope="col">Time (UTC)</th><th scope="col">Function</th><th scope="col">Event</th><th scope="col">Then</th><th scope="col">Reason</th></tr>
        </thead>
        <tbody>
          {all.map((t) => (
            <tr key={t.sequence}>
              <td class="number">{time(t.at)}</td>
              <td class="name">{t.name && <a href={functionLink(t.name)}>{t.name}</a>}</td>
              <td>{words(t.event)}</td>
              <td class="nowrap">{situationText(t.to)}</td>
              <td class="faint">{t.reason_code}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  ), [all[0]?.sequence, all.length]);
}
