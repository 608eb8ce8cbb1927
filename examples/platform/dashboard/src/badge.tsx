import type { Situation, State, UpdateStatus } from "./api";

// A sign of its own for each, so that colour is never all there is.
const signs: Record<State, string> = { Pending: "◔", Active: "●", Inactive: "○", Failed: "✕" };

export function StateBadge({ state }: { state: State | null }) {
  if (!state) return <span class="badge">none</span>;
  return (
    <span class={`badge state-${state}`}>
      <span aria-hidden="true">{signs[state]}</span> {state}
    </span>
  );
}

export function UpdateBadge({ status }: { status: UpdateStatus | null }) {
  if (!status) return <span class="faint">–</span>;
  return <span class={status === "Successful" ? "faint" : `badge update-${status}`}>{status}</span>;
}

/** A reason code, which may be broken between its words. */
export const Code = ({ code }: { code: string }) => (
  <>{code.split(/(?<=[a-z])(?=[A-Z])/).flatMap((word, i) => (i === 0 ? [word] : [<wbr key={i} />, word]))}</>
);

export const situationText = ({ state, last_update_status: status }: Situation): string =>
  state ? (status ? `${state}, ${status}` : state) : "no function";
