// Schedules: which test or project runs when.
import { get, path, post, put, remove, request } from "./client";
import type { Job } from "./runs";
import type { Shape } from "./sent";

/** `test` null: the whole project. */
export type Schedule = Shape<"Schedule">;
export type ScheduleText = Shape<"ScheduleAsked">;

export const schedules = () => get<{ schedules: Schedule[] }>("/schedules").then((answer) => answer.schedules);
export const addSchedule = (schedule: ScheduleText) => post<Schedule>("/schedules", schedule);
export const saveSchedule = (id: number, schedule: ScheduleText) => put<Schedule>(path`/schedules/${id}`, schedule);
export const removeSchedule = (id: number) => remove(path`/schedules/${id}`);
export const runSchedule = (id: number) => post<Job>(path`/schedules/${id}/run`);
export const preview = (cron: string, zone: string, signal?: AbortSignal) => request<Shape<"Preview">>("POST", "/schedules/preview", { body: { cron, zone }, signal });
