// Times within a run.
const pad = (n: number, width: number) => String(n).padStart(width, "0");

/** "0.008", "12.512", "75:03.120" */
export const offset = (ms: number): string => {
  if (!Number.isFinite(ms)) return "?";
  const whole = Math.max(0, Math.round(ms));
  const seconds = Math.floor(whole / 1000);
  return seconds < 600 ? `${seconds}.${pad(whole % 1000, 3)}` : `${Math.floor(seconds / 60)}:${pad(seconds % 60, 2)}.${pad(whole % 1000, 3)}`;
};

/** "14:03:12.512" */
export const clock = (ms: number): string => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "?" : `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}.${pad(date.getMilliseconds(), 3)}`;
};
