// Times, sizes and names as people read them.
import { now as present } from "./now.svelte";

const pad = (n: number, width = 2) => String(n).padStart(width, "0");

/** "14:03:12", with the date if it is not today's. */
export const moment = (ms: number, now = Date.now()): string => {
  const [date, today] = [new Date(ms), new Date(now)];
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return date.toDateString() === today.toDateString() ? time : `${day(ms)} ${time}`;
};

/** "2026-08-01" */
export const day = (ms: number): string => {
  const date = new Date(ms);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
};

/** "just now", "5 min ago", "3 h ago", "2 d ago", then the day */
export const ago = (ms: number, now = present()): string => {
  const seconds = Math.max(0, (now - ms) / 1000);
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  if (seconds < 14 * 86_400) return `${Math.round(seconds / 86_400)} d ago`;
  return day(ms);
};

/** "80 ms", "2.4 s", "3 min 05 s", "2 h 10 min", "4 d 3 h" */
export const duration = (ms: number | null | undefined): string => {
  if (ms === null || ms === undefined) return "–";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 48) return `${hours} h ${pad(Math.floor((seconds % 3600) / 60))} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

/** "812 B", "4.0 kB", "1.2 GB" */
export const bytes = (n: number): string => {
  if (n < 1000) return `${n} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let [value, unit] = [n / 1000, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
};

/** "1 test", "2 tests" */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
