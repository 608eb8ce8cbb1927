import { useEffect, useRef, useState } from "preact/hooks";

/** What the table can be narrowed by, as its parameters are named. */
export const filterNames = ["prefix", "state", "last_update_status", "reason_code"] as const;
export type Filter = Record<(typeof filterNames)[number], string>;

interface Props {
  filter: Filter;
  reasons: string[];
  /** `typing` is true for what is one step of many. */
  narrow: (change: Partial<Filter>, typing: boolean) => void;
}

export function Filters({ filter, reasons, narrow }: Props) {
  const known = !filter.reason_code || reasons.includes(filter.reason_code) ? reasons : [filter.reason_code, ...reasons];
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <Search prefix={filter.prefix} search={(prefix) => narrow({ prefix }, true)} />
      <Choice label="State" value={filter.state} all={["Pending", "Active", "Inactive", "Failed"]} choose={(state) => narrow({ state }, false)} />
      <Choice label="Last update" value={filter.last_update_status} all={["InProgress", "Successful", "Failed"]} choose={(last_update_status) => narrow({ last_update_status }, false)} />
      <Choice label="Reason" value={filter.reason_code} all={known} choose={(reason_code) => narrow({ reason_code }, false)} />
    </form>
  );
}

const typingPause = 200;

/** Searches once the typing pauses. */
function Search({ prefix, search }: { prefix: string; search: (prefix: string) => void }) {
  const [text, setText] = useState(prefix);
  const typing = useRef<number | undefined>(undefined);
  const latest = useRef(search);
  latest.current = search;
  // Back and links change it as well.
  useEffect(() => setText(prefix), [prefix]);
  useEffect(() => () => clearTimeout(typing.current), []);
  const typed = (value: string) => {
    setText(value);
    clearTimeout(typing.current);
    typing.current = window.setTimeout(() => latest.current(value), typingPause);
  };
  return (
    <label>
      Name begins with
      <input type="search" value={text} spellcheck={false} autocomplete="off" onInput={(event) => typed(event.currentTarget.value)} />
    </label>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  all: string[];
  choose: (value: string) => void;
}

function Choice({ label, value, all, choose }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">any</option>
        {all.map((each) => <option key={each} value={each}>{each}</option>)}
      </select>
    </label>
  );
}
