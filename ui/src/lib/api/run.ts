// A run: what came of it, its events, its files; and lists of runs.
import { address, get, path, post, put, remove } from "./client";
import type { RunEvent } from "../record/events";
import type { Job, Kind, RunRow, Verdict } from "./runs";

export interface Audio {
  codec: string;
  protocol: string;
  packets: [tx: number, rx: number] | null;
  lost: [tx: number, rx: number] | null;
  jitter: [tx: number, rx: number] | null;
  rtt: number | null;
  mos: number | null;
}
export interface RunCall {
  agent: string;
  number: number;
  id: string | null;
  direction: string;
  peer: string;
  begun: number;
  invited: number | null;
  rung: number | null;
  established: number | null;
  media: number | null;
  holds: [number, number | null][];
  closed: number | null;
  why: { code: number | null; text: string; by: string | null } | null;
  audio: Audio | null;
}
export interface Recording { file: string; agent: string | null; call: number | null; seconds: number | null; size: number }
export interface Delivery { id: string | number; webhook: string | number | null; kind: string; address: string; state: "pending" | "sent" | "failed"; attempts: number; error: string | null; queued: number; tried: number | null; ended: number | null }
export interface RunDetail extends RunRow {
  tags: string[];
  host: string;
  agent: string;
  verdict: Verdict | null;
  /** The event that the first reason is about. */
  failed_event: number | null;
  calls: RunCall[];
  agents: { name: string; aor: string; address: string; baresip: string }[];
  recordings: Recording[];
  text: { kind: Kind; text: string } | null;
  script: string | null;
  last_pass: string | null;
  events: number;
  keep: boolean;
  live: boolean;
}
/** Milliseconds; `loss_max` is packets. */
export interface Quality { mos_min: number | null; mos_avg: number | null; jitter_max: number | null; loss_max: number | null; post_dial_delay: number | null }
export interface HistoryRow extends RunRow { hash: string | null; agents: number | null; quality: Quality | null }
export interface History { runs: HistoryRow[]; flakiness: number; first_bad: string | null; last_pass: string | null }
export interface Peaks { seconds: number; rate: number; peaks: [min: number, max: number][] }
export interface DiffLine { kind: "same" | "removed" | "added"; text: string; /** Which line of each it is, from 1. */ a: number | null; b: number | null }
export interface RunDiff { same: boolean; /** Where they part. */ first: { text: string; place: string } | null; lines: DiffLine[]; a: { hash: string | null }; b: { hash: string | null } }
export interface RunFilter {
  project?: string | null;
  test?: string | null;
  text?: string | null;
  status?: string | null;
  trigger?: string | null;
  since?: number | null;
  until?: number | null;
}

export const runs = (filter: RunFilter, limit: number, after: string | null = null) => get<{ runs: RunRow[]; next: string | null }>("/runs", { ...filter, limit, after });
export const run = (id: string, signal?: AbortSignal) => get<RunDetail>(path`/runs/${id}`, undefined, signal);
export const events = (id: string, from: number, limit: number, signal?: AbortSignal) =>
  get<{ events: RunEvent[]; next: number | null; live: boolean }>(path`/runs/${id}/events`, { from, limit }, signal);
export const removeRun = (id: string) => remove(path`/runs/${id}`);
export const removeRuns = (ids: string[]) => post<{ deleted: string[]; left: { run: string; why: string }[] }>("/runs/delete", { runs: ids });
export const keepRun = (id: string, keep: boolean) => put<void>(path`/runs/${id}/keep`, { keep });
export const rerun = (id: string) => post<Job>(path`/runs/${id}/rerun`);
export const stopRun = (id: string) => post<void>(path`/runs/${id}/stop`);
export const exportAddress = (id: string, format: string) => address(path`/runs/${id}/export/${format}`);
export const recordingAddress = (id: string, file: string) => address(path`/runs/${id}/recordings/${file}`);
export const peaks = (id: string, file: string, width: number) => get<Peaks>(path`/runs/${id}/recordings/${file}/peaks`, { width });
export const compare = (a: string, b: string) => get<RunDiff>(path`/runs/${a}/diff/${b}`);
export const history = (project: string, test: string, limit: number) => get<History>(path`/projects/${project}/tests/${test}/history`, { limit });
