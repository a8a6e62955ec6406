// Runs and jobs: what several screens have in common. The run's own screen adds its types beside this file.
import { get, path, post } from "./client";
import type { Diagnostic } from "./client";

export type Status = "queued" | "running" | "pass" | "fail" | "error" | "cancelled" | "skipped" | "broken" | "damaged";
export type Kind = "testfile" | "rhai";

export interface RunLite { run: string; status: Status; started: number; duration: number | null }

export interface RunRow extends RunLite {
  project: string | null;
  test: string;
  file: string;
  block: string | null;
  trigger: "manual" | "api" | "cron" | "rerun" | null;
  repetition: number;
  repetitions: number;
  attempt: number;
  tags: string[];
}

export interface Job {
  job: number;
  url: string;
  state: "waiting" | "running" | "done";
  trigger: string;
  project: string | null;
  schedule: number | null;
  queued: number;
  started: number | null;
  ended: number | null;
  status: Status | null;
  reason: string | null;
  position: number | null;
  runs: { run: string; url: string; test: string; block: string | null; status: Status }[];
  problems: { test: string; problems: Diagnostic[] }[];
  progress: { done: number; total: number };
  report: string | null;
}

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
