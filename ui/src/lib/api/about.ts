// The server itself: its version, its health, its settings.
import { get, put } from "./client";

export interface Version { version: string; baresip: string; api: string; ui: boolean }
export interface Health {
  /** Milliseconds. */
  uptime: number;
  agent: string | null;
  agents: { running: number; max: number };
  queue: { running: number; waiting: number; places: number };
  store_bytes: number;
  disk: { runs_bytes: number; free_bytes: number; total_bytes: number };
  runs: number;
}
export interface Agent { name: string; aor: string; address: string; baresip: string; run: string; since: number; console: boolean }
export type Settings = Record<string, number | boolean | string | null>;

export const version = () => get<Version>("/version");
export const health = () => get<Health>("/health");
export const agents = () => get<{ agents: Agent[] }>("/agents").then((answer) => answer.agents);
export const settings = () => get<Settings>("/settings");
export const saveSettings = (changed: Settings) => put<Settings>("/settings", changed);
