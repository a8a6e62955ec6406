// What is set for the server while it runs.
import { get, request } from "./client";
import type { Shape } from "./sent";

export type Settings = Shape<"Settings">;
export type NewSettings = Shape<"NewSettings">;

export const load = () => get<Settings>("/settings");
/** With `trial` nothing is set: what would be. */
export const save = (settings: NewSettings, trial = false) => request<Settings>("PUT", "/settings", { body: settings, query: { dry_run: trial } });
