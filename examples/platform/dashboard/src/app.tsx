import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "./api";
import { Clock, VirtualClock } from "./clock";
import { FunctionPage } from "./function";
import { FunctionsPage } from "./functions";
import { LiveContext, useStream, type Live } from "./live";
import { OverviewPage } from "./overview";
import { useRoute, type Route } from "./route";

const titleOf = (route: Route): string =>
  route.page === "function" ? route.name : route.page === "functions" ? "Functions" : "Overview";

function App() {
  const route = useRoute();
  const live = useStream(route.name);
  const title = titleOf(route);
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${title} – fsm-platform`;
    // A new page begins at its heading, for the keyboard and for the ear.
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [title]);
  return (
    <LiveContext.Provider value={live}>
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); heading.current?.focus(); }}>Skip to the content</a>
      <header>
        <div class="bar">
          <span class="brand">fsm-platform</span>
          <nav aria-label="Main">
            <a href="#/" aria-current={route.page === "overview" ? "page" : undefined}>Overview</a>
            <a href="#/functions" aria-current={route.page === "overview" ? undefined : route.page === "functions" ? "page" : "true"}>Functions</a>
          </nav>
          <Clock />
          <Connection live={live} />
          <SignOut />
        </div>
        <VirtualClock />
      </header>
      <main id="content">
        <h1 ref={heading} tabIndex={-1}>{title}</h1>
        {route.page === "overview" && <OverviewPage />}
        {route.page === "functions" && <FunctionsPage query={route.query} />}
        {route.page === "function" && <FunctionPage key={route.name} name={route.name} />}
      </main>
    </LiveContext.Provider>
  );
}

const connections = { live: "live", connecting: "connecting…", lost: "reconnecting…" };

function Connection({ live: { connection, overview } }: { live: Live }) {
  const health = overview?.health ?? "ok";
  return (
    <p class={`connection ${connection}`} role="status">
      <span aria-hidden="true">{connection === "live" ? "●" : "○"}</span> {connections[connection]}
      {health !== "ok" && <strong class="problem"> Not healthy: {health}</strong>}
    </p>
  );
}

/** Only for whoever came in by the login page. */
function SignOut() {
  const [session, setSession] = useState(false);
  useEffect(() => void api.session().then((s) => setSession(s.session)).catch(() => setSession(false)), []);
  if (!session) return null;
  return <form method="post" action="/_fsm/session/end"><button type="submit">Sign out</button></form>;
}

const root = document.getElementById("app");
if (root) render(<App />, root);
