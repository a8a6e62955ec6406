// Runs and jobs: what several screens have in common. The run's own screen adds its types beside this file.
import { get, path, post } from "./client";
import type { Shape } from "./sent";

export type Status = "queued" | "running" | "pass" | "fail" | "error" | "cancelled" | "skipped" | "broken" | "damaged";
export type Kind = Shape<"Kind">;

export type RunLite = Shape<"LastRun"> & { status: Status };
export type RunRow = Shape<"RunRow"> & { status: Status; trigger: "manual" | "api" | "cron" | "rerun" | null };
type JobRun = Shape<"JobRun"> & { status: Status };
export type Job = Omit<Shape<"Job">, "state" | "status" | "runs" | "problems"> & {
  state: "waiting" | "running" | "done";
  status: Status | null;
  runs: JobRun[];
  /** Of the tests that could not begin. */
  problems: { test: string; problems: { message: string; at?: { source: string; line: number } }[] }[];
};

export interface RunRequest {
  project?: string;
  tests?: string[];
  block?: string;
  text?: { name: string; kind: Kind; text: string };
  failed?: boolean;
  define?: Record<string, string>;
  retries?: number;
  repeat?: number;
}

/** Why a run did not pass; `source` is the test's name or a module's. What there is nothing to say of is left out. */
export interface Reason {
  message: string;
  at?: { source: string; line: number; column: number };
  details?: string[];
  diff?: string;
  advice?: string;
}

/** As verdict.json has it. */
export interface Verdict {
  status: Status;
  hash: string;
  expected?: string;
  reasons?: Reason[];
  warnings?: Reason[];
  findings?: { about: string; lines: string[] }[];
}

export const startRun = (what: RunRequest) => post<Job>("/run", what);
export const jobs = () => get<{ jobs: Job[]; places: number }>("/jobs");
export const job = (id: number) => get<Job>(path`/jobs/${id}`);
export const stopJob = (id: number) => post<Job>(path`/jobs/${id}/stop`);
