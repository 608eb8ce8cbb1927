// Numbers and times as people read them.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export const count = (n: number): string => whole.format(n);
export const rate = (n: number): string => (n >= 1000 ? whole.format(n) : short.format(n));

/** "1 function", "2 functions". */
export const many = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? "" : "s"}`;

/** "2026-01-01 00:00:00", in UTC. */
export const time = (iso: string): string => iso.slice(0, 19).replace("T", " ");

const units: [number, string][] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"]];

/** A span as its largest unit: "3 d", "20 min". */
export function span(milliseconds: number): string {
  const [size, name] = units.find(([each]) => milliseconds >= each) ?? [1000, "s"];
  return `${whole.format(Math.floor(milliseconds / size))} ${name}`;
}

export function milliseconds(n: number | null): string {
  if (n === null) return "–";
  if (n < 1000) return `${short.format(n)} ms`;
  return n < 60_000 ? `${short.format(n / 1000)} s` : `${short.format(n / 60_000)} min`;
}

export const bytes = (n: number): string =>
  n < 1024 ? `${whole.format(n)} B` : n < 1024 ** 2 ? `${short.format(n / 1024)} KiB` : `${short.format(n / 1024 ** 2)} MiB`;

/** "idle_due" as "idle due". */
export const words = (identifier: string): string => identifier.replaceAll("_", " ");
