// What the platform tells by itself: one event stream, whatever page is shown. Browsers allow a host
// only six connections, over all tabs: a tab that nobody sees gives its own back.
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { api, type Overview, type Transition } from "./api";
import { next, type Sample } from "./rates";

export interface Live {
  /** "lost" = it was there, and is being tried again. */
  connection: "connecting" | "live" | "lost";
  overview: Overview | null;
  /** Rates in the last minute, one a second, oldest first. */
  samples: Sample[];
  /** The last news of the function that is shown: a new object each time. */
  news: News | null;
}

export interface News {
  name: string;
  gone: boolean;
}

const nothing: Live = { connection: "connecting", overview: null, samples: [], news: null };
const retryAfter = 3000;
const hiddenMax = 5000;
// More than the second that lies between two overviews.
const quietAfter = 1700;

type Change = (change: (before: Live) => Live) => void;

/** The stream of overviews, and of the transitions of one function. */
class Stream {
  private source: EventSource | undefined;
  private again: number | undefined;
  private heard = performance.now();
  private sequence = 0;
  private ended = false;

  constructor(private readonly name: string, private readonly change: Change) {}

  open = (): void => {
    clearTimeout(this.again);
    if (this.source || this.ended) return;
    const what = this.name ? `function=${encodeURIComponent(this.name)}` : "transitions=off";
    const source = new EventSource(`/_fsm/events?overview=1s&${what}`);
    this.source = source;
    source.addEventListener("overview", (event) => this.add(JSON.parse(event.data) as Overview));
    // What came before a stream begins is read anew, so nothing is missed.
    source.addEventListener("start", () => this.tell(false));
    source.addEventListener("transition", (event) => this.tell((JSON.parse(event.data) as Transition).to.state === null));
    source.onerror = () => {
      this.change((before) => ({ ...before, connection: before.overview ? "lost" : "connecting" }));
      // A browser gives up after an answer that is an error: the platform may be busy, or may no
      // longer have what comes after the last event. Then it begins anew.
      if (source.readyState !== EventSource.CLOSED) return;
      this.close();
      this.again = window.setTimeout(() => void this.probe(), retryAfter);
    };
  };

  close = (): void => {
    clearTimeout(this.again);
    this.source?.close();
    this.source = undefined;
  };

  /** For good. */
  end = (): void => {
    this.ended = true;
    this.close();
  };

  /** Nothing has come for more than a second: nothing has moved. */
  tick = (): void => {
    if (!this.source || performance.now() - this.heard < quietAfter) return;
    this.change((before) =>
      before.connection === "live" ? { ...before, samples: next(before.samples, null) } : before);
  };

  // The stream does not say why it ended; an answer does, and leads to the login page if need be.
  private async probe(): Promise<void> {
    await api.session().catch(() => undefined);
    if (!document.hidden) this.open();
  }

  private add(overview: Overview): void {
    // Another life of the platform that kept nothing of the one before: positions mean nothing now.
    const anew = overview.sequence < this.sequence;
    this.sequence = overview.sequence;
    if (anew) {
      this.close();
      this.open();
    }
    const quiet = performance.now() - this.heard >= quietAfter;
    this.heard = performance.now();
    this.change((before) => ({
      ...before,
      connection: "live",
      overview,
      samples: next(before.samples, { before: before.overview, now: overview, quiet }),
    }));
  }

  private tell(gone: boolean): void {
    if (this.name) this.change((before) => ({ ...before, news: { name: this.name, gone } }));
  }
}

/** What is live, with the transitions of this function ("" = of none). */
export function useStream(name: string): Live {
  const [live, setLive] = useState<Live>(nothing);
  useEffect(() => {
    const stream = new Stream(name, setLive);
    let hiding: number | undefined;
    const seen = () => {
      clearTimeout(hiding);
      if (document.hidden) hiding = window.setTimeout(stream.close, hiddenMax);
      else stream.open();
    };
    const ticking = window.setInterval(stream.tick, 1000);
    document.addEventListener("visibilitychange", seen);
    if (!document.hidden) stream.open();
    return () => {
      document.removeEventListener("visibilitychange", seen);
      clearInterval(ticking);
      clearTimeout(hiding);
      stream.end();
    };
  }, [name]);
  return live;
}

export const LiveContext = createContext<Live>(nothing);
export const useLive = (): Live => useContext(LiveContext);
