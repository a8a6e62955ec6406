// What of the tests is shown, in which order: pure, so that it can be tested without a page.
import type { Job, RunLite, RunRow, Status } from "../../lib/api/runs";
import type { TestRow } from "../../lib/api/tests";
import { fileOfTest } from "../../lib/names";

export const RESULTS = ["pass", "fail", "error", "never", "active"] as const;
export type Result = (typeof RESULTS)[number];
export const SORTS = ["name", "took", "ran", "changed"] as const;
export type Sort = (typeof SORTS)[number];
const KEPT = 10;

const open = (status: Status) => status === "running" || status === "queued";

/** The newest run that has ended. */
export const lastEnded = (row: TestRow): RunLite | null => row.last.find((run) => !open(run.status)) ?? null;

export interface Activity {
  state: "running" | "waiting";
  job: Job | null;
  position: number | null;
}

/** Whether a test runs or waits now, by the jobs that are known: by their runs, or, before these are known, by what the test's row says. */
export const activity = (row: TestRow, jobs: Job[]): Activity | null => {
  for (const state of ["running", "queued"] as const) {
    const job = jobs.find((job) => job.runs.some((run) => run.test === row.name && run.status === state));
    if (job) return { state: state === "running" ? "running" : "waiting", job, position: job.state === "waiting" ? job.position : null };
  }
  const own = jobs.find((job) => job.job === row.job && job.runs.length === 0);
  if (own) return { state: "waiting", job: own, position: own.position };
  return row.last[0]?.status === "running" ? { state: "running", job: null, position: null } : null;
};

export const resultOf = (row: TestRow): Exclude<Result, "active"> | null => {
  const ended = lastEnded(row);
  if (!ended) return "never";
  if (ended.status === "pass" || ended.status === "fail") return ended.status;
  return ended.status === "skipped" ? null : "error";
};

export interface Filter {
  text: string;
  tag: string | null;
  result: Result | null;
}

export const fits = (row: TestRow, filter: Filter, active: boolean): boolean => {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [row.name, ...row.blocks, ...row.tags, row.author ?? ""].join("\n").toLowerCase();
  return (
    words.every((word) => text.includes(word)) &&
    (filter.tag === null || row.tags.includes(filter.tag)) &&
    (filter.result === null || (filter.result === "active" ? active : resultOf(row) === filter.result))
  );
};

export const sorted = (rows: TestRow[], by: Sort): TestRow[] => {
  const name = new Intl.Collator(undefined, { numeric: true }).compare;
  const key = {
    name: () => 0,
    took: (row: TestRow) => -(lastEnded(row)?.duration ?? -1),
    ran: (row: TestRow) => -(row.last[0]?.started ?? -1),
    changed: (row: TestRow) => -row.changed,
  }[by];
  return [...rows].sort((a, b) => key(a) - key(b) || name(a.name, b.name));
};

/** The rows once a run has begun or ended. */
export const withRun = (rows: TestRow[], run: RunRow): TestRow[] =>
  rows.map((row) => {
    if (run.file.split("/").at(-1) !== fileOfTest(row.name, row.kind)) return row;
    const lite: RunLite = { run: run.run, status: run.status, started: run.started, duration: run.duration };
    const at = row.last.findIndex((other) => other.run === run.run);
    return { ...row, last: at < 0 ? [lite, ...row.last].slice(0, KEPT) : row.last.with(at, lite) };
  });

/** All tags with how many tests have each, the commonest first. */
export const tagsOf = (rows: TestRow[]): [string, number][] => {
  const counts = new Map<string, number>();
  for (const row of rows) for (const tag of row.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
};
