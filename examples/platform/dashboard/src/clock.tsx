import { useEffect, useState } from "preact/hooks";
import { api, textOf } from "./api";
import { time } from "./format";
import { useLive } from "./live";

const Now = ({ now }: { now: string }) => <time dateTime={now} class="number">{time(now)} UTC</time>;

/** The platform's time, where it goes by itself. It goes on between two overviews. */
export function Clock() {
  const { overview } = useLive();
  const [passed, setPassed] = useState(0);
  useEffect(() => {
    setPassed(0);
    const begin = performance.now();
    const ticking = setInterval(() => setPassed(performance.now() - begin), 1000);
    return () => clearInterval(ticking);
  }, [overview]);
  if (!overview || overview.virtual_clock) return null;
  return <p class="now"><Now now={new Date(Date.parse(overview.now) + passed).toISOString()} /></p>;
}

/** With a virtual clock: the time, and a control that moves it. */
export function VirtualClock() {
  const { overview } = useLive();
  const [span, setSpan] = useState("");
  // What the last move led to: overviews tell of the time alone only now and then.
  const [moved, setMoved] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => setMoved(""), [overview?.now]);
  if (!overview?.virtual_clock) return null;
  const advance = async (by: string) => {
    setBusy(true);
    try {
      setMoved((await api.advance(by)).now);
      setProblem("");
    } catch (error) {
      setProblem(textOf(error));
    }
    setBusy(false);
  };
  return (
    <form class="bar clock" aria-label="Virtual clock" onSubmit={(event) => { event.preventDefault(); void advance(span); }}>
      <span class="now"><span class="faint">Virtual clock</span> <Now now={moved || overview.now} /></span>
      <span class="moves">
        {["1h", "1d", "14d"].map((by) => <button key={by} type="button" disabled={busy} onClick={() => void advance(by)}>+{by}</button>)}
        <label><span class="hidden">Advance by</span><input value={span} size={6} required placeholder="21d" spellcheck={false} autocomplete="off" onInput={(event) => setSpan(event.currentTarget.value)} /></label>
        <button type="submit" disabled={busy}>Advance</button>
      </span>
      {problem && <span role="alert" class="problem">{problem}</span>}
    </form>
  );
}
