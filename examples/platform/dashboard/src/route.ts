// Where the page is, in the part of the address behind '#': links and Back work.
import { useEffect, useState } from "preact/hooks";

export interface Route {
  page: "overview" | "functions" | "function";
  name: string;
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [path = "", rest = ""] = hash.replace(/^#/, "").split("?");
  const [, page, encoded = ""] = path.split("/");
  const query = new URLSearchParams(rest);
  if (page !== "functions") return { page: "overview", name: "", query };
  let name = "";
  try {
    name = decodeURIComponent(encoded);
  } catch {
    // Not an address of ours: as if there were no name.
  }
  return { page: name ? "function" : "functions", name, query };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parse(location.hash));
  useEffect(() => {
    const changed = () => setRoute(parse(location.hash));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

/** Goes to a place without leaving the one before it behind for Back. */
export function replaceRoute(link: string): void {
  history.replaceState(null, "", link);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export const functionLink = (name: string): string => `#/functions/${encodeURIComponent(name)}`;

/** The table of functions with these parameters; those without a value are left out. */
export function functionsLink(parameters: Record<string, string>): string {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  return query.size ? `#/functions?${query}` : "#/functions";
}
