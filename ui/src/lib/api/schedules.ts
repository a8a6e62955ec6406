// Schedules: which test or project runs when.
import { get, path, post, put, remove, request } from "./client";
import type { Job, Status } from "./runs";

export interface Schedule {
  id: string | number;
  project: string;
  /** null: the whole project. */
  test: string | null;
  cron: string;
  zone: string;
  /** In plain words. */
  words: string;
  paused: boolean;
  next: number[];
  last_due: number | null;
  missed: number;
  /** Its last jobs, the newest first; `runs` are ids. */
  last: { job: number; status: Status | null; started: number | null; ended: number | null; runs: string[] }[];
}
export interface ScheduleText { project: string; test: string | null; cron: string; zone: string; paused: boolean }

export const schedules = () => get<{ schedules: Schedule[] }>("/schedules").then((answer) => answer.schedules);
export const addSchedule = (schedule: ScheduleText) => post<Schedule>("/schedules", schedule);
export const saveSchedule = (id: string | number, schedule: ScheduleText) => put<Schedule>(path`/schedules/${id}`, schedule);
export const removeSchedule = (id: string | number) => remove(path`/schedules/${id}`);
export const runSchedule = (id: string | number) => post<Job>(path`/schedules/${id}/run`);
export const preview = (cron: string, zone: string, signal?: AbortSignal) => request<{ words: string; next: number[] }>("POST", "/schedules/preview", { body: { cron, zone }, signal });
