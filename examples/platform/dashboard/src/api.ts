// What the platform answers, and how it is asked. The page sends the same calls as any client.

export type State = "Pending" | "Active" | "Inactive" | "Failed";
export type UpdateStatus = "InProgress" | "Successful" | "Failed";

export interface Situation {
  state: State | null;
  last_update_status: UpdateStatus | null;
}

export interface Transition {
  sequence: number;
  at: string;
  event: string;
  cause: string;
  from: Situation;
  to: Situation;
  reason: string;
  reason_code: string;
  name?: string;
}

export interface FunctionRow extends Situation {
  name: string;
  state_reason: string | null;
  state_reason_code: string | null;
  last_update_status_reason: string | null;
  last_update_status_reason_code: string | null;
  since: string;
}

export interface Page {
  functions: FunctionRow[];
  cursor?: string;
}

export interface Verdict {
  call: string;
  accepted: boolean;
  answer: string;
  rule: string;
}

export interface Attempt {
  kind: string;
  phase: string;
  tries: number;
  tries_max: number;
  next: string | null;
  gives_up_at: string | null;
}

export interface Explanation extends FunctionRow {
  sentences: string[];
  attempt: Attempt | null;
  in_flight: number;
  last_used: string | null;
  idle_at: string | null;
  restore_pause_until: string | null;
  calls: Verdict[];
}

export interface Overview {
  now: string;
  uptime_ms: number;
  virtual_clock: boolean;
  health: string;
  functions: number;
  states: Record<State, number>;
  update_statuses: Record<UpdateStatus, number>;
  situations: (Situation & { name: string; functions: number })[];
  sequence: number;
  transitions: number;
  invocations: { admitted: number; refused: number };
  provisioning: {
    queued: number;
    in_flight: number;
    succeeded: number;
    failed: number;
    retries: number;
    latency_ms: { p50: number | null; p90: number | null; p99: number | null; max: number | null; count: number };
  };
  failures: { reason_code: string; functions: number }[];
  waiters: number;
  recent: Transition[];
}

export interface Arrow {
  from: string;
  to: string;
  events: string[];
  rules: string[];
}

export interface Lifecycle {
  situations: (Situation & { name: string })[];
  arrows: Arrow[];
}

export interface World {
  vpc?: {
    subnets: { id: string; vpc: string; addresses: number; in_use: number }[];
    eni_quota: number;
    enis_in_use: number;
  };
}

/** What the page shows of a function's configuration; the API gives more. */
export interface Configuration {
  Description?: string;
  Runtime?: string;
  Handler?: string;
  PackageType?: string;
  MemorySize?: number;
  Timeout?: number;
  Architectures?: string[];
  EphemeralStorage?: { Size?: number };
  CodeSize?: number;
  Role?: string;
  Version?: string;
  LastModified?: string;
  VpcConfig?: { SubnetIds?: string[]; SecurityGroupIds?: string[] };
}

/** An answer that is an error, in the words of the platform. */
export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

const answerMax = 60_000;
// As long as a function may run, and a little.
const invokeMax = 920_000;

/** What an answer that is an error says. */
function messageOf(status: number, text: string): string {
  try {
    const error = JSON.parse(text) as { message?: string; Message?: string };
    return error.message ?? error.Message ?? text;
  } catch {
    return text || `The platform answered ${status}.`; // It is shown as it came.
  }
}

/** The words of an error for whoever looks at the page. */
export const textOf = (error: unknown): string => (error instanceof ApiError ? error.message : String(error));

async function send(method: string, path: string, body?: string, within = answerMax): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { method, body, signal: AbortSignal.timeout(within) });
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new ApiError(0, late ? `The platform did not answer within ${within / 1000} s.` : "The platform cannot be reached.");
  }
  if (answer.ok) return answer;
  // The session is over: to the login page, which comes from the platform. The Lambda API refuses
  // for reasons of its own, too.
  if (path.startsWith("/_fsm/") && (answer.status === 401 || answer.status === 403)) location.reload();
  const kind = answer.headers.get("X-Amzn-Errortype");
  const message = messageOf(answer.status, await answer.text());
  throw new ApiError(answer.status, kind ? `${kind}: ${message}` : message);
}

async function get<T>(path: string): Promise<T> {
  return (await send("GET", path)).json() as Promise<T>;
}

const functions = "/2015-03-31/functions/";

/** Versions are functions named NAME:N for the runtime, and qualifiers for the Lambda API. */
function lambdaPath(name: string, rest: string): string {
  const [plain = "", version] = name.split(":");
  const qualifier = version ? `?Qualifier=${encodeURIComponent(version)}` : "";
  return functions + encodeURIComponent(plain) + rest + qualifier;
}

export const api = {
  list: (query: URLSearchParams) => get<Page>(`/_fsm/functions?${query}`),
  explain: (name: string) => get<Explanation>(`/_fsm/functions/${encodeURIComponent(name)}/explain`),
  history: (name: string) =>
    get<{ transitions: Transition[] }>(`/_fsm/functions/${encodeURIComponent(name)}/history`),
  lifecycle: () => get<Lifecycle>("/_fsm/lifecycle"),
  session: () => get<{ session: boolean }>("/_fsm/session"),
  configuration: (name: string) => get<{ Configuration: Configuration }>(lambdaPath(name, "")),
  world: () => get<World>("/_fsm/world"),
  async advance(span: string): Promise<{ now: string }> {
    const answer = await send("POST", "/_fsm/clock", JSON.stringify({ advance: span }));
    return answer.json() as Promise<{ now: string }>;
  },
  remove: (name: string) => send("DELETE", lambdaPath(name, "")),
  async invoke(name: string, payload: string): Promise<{ error: string | null; text: string }> {
    const answer = await send("POST", lambdaPath(name, "/invocations"), payload, invokeMax);
    return { error: answer.headers.get("X-Amz-Function-Error"), text: await answer.text() };
  },
};
