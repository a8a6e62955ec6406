// A run: what came of it, its events, its files; and lists of runs.
import { address, get, path, post, put, remove } from "./client";
import type { RunEvent } from "../record/events";
import type { Job, RunRow, Verdict } from "./runs";
import type { Shape } from "./sent";

export type RunCall = Shape<"Call">;
export type Recording = Shape<"RecordingView">;
export type Delivery = Shape<"Delivery">;
export type RunDetail = Omit<Shape<"Detail">, "verdict" | keyof RunRow> & RunRow & { verdict: Verdict | null };
export type HistoryRow = Omit<Shape<"Ran">, keyof RunRow> & RunRow;
export type History = Omit<Shape<"History">, "runs"> & { runs: HistoryRow[] };
export type Peaks = Omit<Shape<"Peaks">, "peaks"> & { peaks: [min: number, max: number][] };
export type RunDiff = Omit<Shape<"FlowDiff">, "lines"> & { lines: (Shape<"DiffLine"> & { kind: "same" | "removed" | "added" })[] };
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
export const removeRuns = (ids: string[]) => post<Shape<"Deleted">>("/runs/delete", { runs: ids });
export const keepRun = (id: string, keep: boolean) => put<void>(path`/runs/${id}/keep`, { keep });
export const rerun = (id: string) => post<Job>(path`/runs/${id}/rerun`);
export const stopRun = (id: string) => post<void>(path`/runs/${id}/stop`);
export const exportAddress = (id: string, format: string) => address(path`/runs/${id}/export/${format}`);
/** Below the interface; `soundPath` is another that `peaks` takes. */
export const recordingPath = (id: string, file: string) => path`/runs/${id}/recordings/${file}`;
export const recordingAddress = (id: string, file: string) => address(recordingPath(id, file));
export const peaks = (sound: string, width: number) => get<Peaks>(`${sound}/peaks`, { width });
export const deliveries = (id: string) => get<{ deliveries: Delivery[] }>(path`/runs/${id}/deliveries`);
export const compare = (a: string, b: string) => get<RunDiff>(path`/runs/${a}/diff/${b}`);
export const history = (project: string, test: string, limit: number) => get<History>(path`/projects/${project}/tests/${test}/history`, { limit });
