import { useState } from "preact/hooks";
import type { Transition } from "./api";
import { situationText } from "./badge";
import { same } from "./diagram";
import { many, time, words } from "./format";

const shownAtFirst = 20;

/** The transitions of a function, newest first. */
export function History({ all }: { all: Transition[] }) {
  const [everything, setEverything] = useState(false);
  if (all.length === 0) return <p class="faint">Nothing is kept.</p>;
  const newest = [...all].reverse();
  const shown = everything ? newest : newest.slice(0, shownAtFirst);
  return (
    <>
      <ol class="timeline card" reversed start={all.length}>
        {shown.map((t) => <Entry key={t.sequence} of={t} />)}
      </ol>
      {shown.length < all.length && <button type="button" onClick={() => setEverything(true)}>Show {many(all.length - shown.length, "earlier one")}</button>}
    </>
  );
}

function Entry({ of }: { of: Transition }) {
  return (
    <li>
      <time dateTime={of.at} class="number" title={`${of.at}, sequence ${of.sequence}`}>{time(of.at)}</time>
      <div>
        <strong>{words(of.event)}</strong> <span class="faint">by {words(of.cause)}</span>
        <div>{same(of.from, of.to) ? `stays ${situationText(of.to)}` : `${situationText(of.from)} → ${situationText(of.to)}`}</div>
        {of.reason && <div class="faint">{of.reason}{of.reason_code && ` (${of.reason_code})`}</div>}
      </div>
    </li>
  );
}
