// The server's REST interface: JSON in, JSON out, and errors that say what to do.

export const API = "/api/v1";

/** A mistake in a text, as docs/check.md has it; line and column count from 1. */
export interface Diagnostic {
  file?: string | null;
  line: number | null;
  column: number | null;
  end?: { line: number; column: number } | null;
  severity: "error" | "warning" | "info" | "hint";
  message: string;
  advice?: string | null;
  code?: string | null;
}

interface Problem {
  title?: string;
  detail?: string;
  advice?: string;
  errors?: Diagnostic[];
  current?: unknown;
}

/** What went wrong with a request. `status` 0: the server was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly advice: string | null = null,
    readonly errors: Diagnostic[] = [],
    readonly current: unknown = null,
    readonly retryAfter: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** What to tell of anything that was thrown. */
export const told = (thrown: unknown): { message: string; advice: string | null; status: number } => {
  if (thrown instanceof ApiError) {
    const { message, advice, status, errors: [first] } = thrown;
    // Of several mistakes the first: who has mended it meets the next one.
    return first ? { message: `${message}: ${[first.file, first.line].filter(Boolean).join(":")} ${first.message}`, advice: first.advice ?? null, status } : { message, advice, status };
  }
  return { message: thrown instanceof Error ? thrown.message : String(thrown), advice: null, status: -1 };
};

const ADVICE: Record<number, string> = {
  401: "Log in again.",
  403: "Ask somebody with access, or use a key with that scope.",
  404: "It may have been deleted or renamed meanwhile.",
  409: "Reload to see the current state, then try again.",
  413: "Make it smaller.",
  429: "Wait a moment, then try again.",
  503: "Look at the server's log; /health shows the state of its store.",
};

let onUnauthorized: () => void = () => {};
/** Says what is to be done when the session has ended; the shell sends people to the login. */
export const whenUnauthorized = (act: () => void) => {
  onUnauthorized = act;
};

const failure = async (response: Response): Promise<ApiError> => {
  let problem: Problem = {};
  const type = response.headers.get("content-type") ?? "";
  if (type.includes("json")) problem = (await response.json().catch(() => ({}))) as Problem;
  const message = problem.detail || problem.title || `the server answered ${response.status} ${response.statusText}`.trim();
  const after = Number(response.headers.get("retry-after"));
  return new ApiError(
    response.status,
    message,
    problem.advice ?? ADVICE[response.status] ?? null,
    problem.errors ?? [],
    problem.current ?? null,
    after > 0 ? after : null,
  );
};

type Query = Record<string, string | number | boolean | null | undefined>;

/** A path below /api/v1 with its parameters; what is null or undefined is left out. */
export const address = (path: string, query: Query = {}): string => {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined) params.set(name, String(value));
  const text = params.toString();
  return API + path + (text ? `?${text}` : "");
};

export interface Options {
  query?: Query;
  /** Sent as JSON; a Blob or a string goes as it is. */
  body?: unknown;
  /** The type of a body that is no JSON. */
  type?: string;
  signal?: AbortSignal;
  /** A 401 is an answer here (the login), not the end of the session. */
  open?: boolean;
}

/** One request; throws an ApiError for everything but a success, and an AbortError when its signal says so. */
export const request = async <T>(method: string, path: string, options: Options = {}): Promise<T> => {
  const headers: Record<string, string> = { accept: "application/json" };
  let body: BodyInit | undefined;
  if (options.body instanceof Blob || typeof options.body === "string") {
    body = options.body;
    headers["content-type"] = options.type ?? "application/octet-stream";
  } else if (options.body !== undefined) {
    body = JSON.stringify(options.body);
    headers["content-type"] = "application/json";
  }
  let response: Response;
  try {
    response = await fetch(address(path, options.query), { method, headers, body, signal: options.signal, credentials: "same-origin" });
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === "AbortError") throw thrown;
    throw new ApiError(0, "telefonist can't be reached", "Check that it is running and the network is up. Nothing you typed is lost.");
  }
  if (!response.ok) {
    const error = await failure(response);
    if (response.status === 401 && !options.open) onUnauthorized();
    throw error;
  }
  if (response.status === 204 || response.headers.get("content-length") === "0") return undefined as T;
  const type = response.headers.get("content-type") ?? "";
  if (type.includes("html")) throw new ApiError(0, "something else answers in telefonist's place", "A proxy, or a login of the network: reload the page.");
  return (type.includes("json") ? await response.json() : await response.text()) as T;
};

export const get = <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>("GET", path, { query, signal });
export const post = <T>(path: string, body?: unknown, query?: Query) => request<T>("POST", path, { body, query });
export const put = <T>(path: string, body?: unknown) => request<T>("PUT", path, { body });
export const patch = <T>(path: string, body?: unknown) => request<T>("PATCH", path, { body });
export const remove = <T = void>(path: string) => request<T>("DELETE", path);

/** A path of which each part is encoded: path`/projects/${name}/tests`. */
export const path = (parts: TemplateStringsArray, ...values: (string | number)[]): string =>
  parts.reduce((text, part, i) => text + part + (i < values.length ? encodeURIComponent(String(values[i])) : ""), "");
