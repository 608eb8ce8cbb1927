// Rates per second, made of the counters of two overviews.
import type { Overview } from "./api";

export interface Sample {
  transitions: number;
  admitted: number;
  refused: number;
}

/** How many are kept: a minute. */
export const samplesMax = 60;

interface Step {
  before: Overview | null;
  now: Overview;
  /** Nothing had come for a while: what is new is of the last second. */
  quiet: boolean;
}

const still: Sample = { transitions: 0, admitted: 0, refused: 0 };

/** The samples with one more: of two overviews, or of a second in which none came. */
export function next(samples: Sample[], step: Step | null): Sample[] {
  if (!step) return samples.length === 0 ? samples : [...samples, still].slice(-samplesMax);
  const { before, now, quiet } = step;
  const passed = before ? (now.uptime_ms - before.uptime_ms) / 1000 : 0;
  // The first overview, or the platform has been started anew.
  if (!before || passed <= 0) return [still];
  const seconds = quiet ? Math.min(passed, 1) : passed;
  const sample = {
    transitions: (now.transitions - before.transitions) / seconds,
    admitted: (now.invocations.admitted - before.invocations.admitted) / seconds,
    refused: (now.invocations.refused - before.invocations.refused) / seconds,
  };
  return [...samples, sample].slice(-samplesMax);
}
