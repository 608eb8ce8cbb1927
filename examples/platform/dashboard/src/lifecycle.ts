// The table of the lifecycle. It is the same for as long as the platform runs.
import { useEffect, useState } from "preact/hooks";
import { api, type Lifecycle } from "./api";
import { useLive } from "./live";

let known: Promise<Lifecycle> | undefined;

function table(): Promise<Lifecycle> {
  known ??= api.lifecycle().catch((error: unknown) => {
    known = undefined;
    throw error;
  });
  return known;
}

/** The table, or null until it is there. */
export function useLifecycle(): Lifecycle | null {
  const [found, setFound] = useState<Lifecycle | null>(null);
  const { connection } = useLive();
  // Again with each new connection, if it could not be had.
  useEffect(() => void table().then(setFound).catch(() => undefined), [connection]);
  return found;
}
