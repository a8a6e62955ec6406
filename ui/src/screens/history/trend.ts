// What many runs of one test come to: percentiles, and since when it fails.
import type { HistoryRow } from "../../lib/api/run";

/** The value that a part of all values does not exceed (nearest rank); null of none. */
export const percentile = (values: number[], part: number): number | null => {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null;
};

export interface Trend { x: number; p50: number | null; p95: number | null; value: number | null }

/** Percentiles over the last `window` runs up to each run; the oldest first. */
export const trend = (runs: HistoryRow[], of: (run: HistoryRow) => number | null | undefined, window = 20): Trend[] => {
  const values = [...runs].reverse().map((run) => of(run) ?? null);
  return values.map((value, x) => {
    const last = values.slice(Math.max(0, x - window + 1), x + 1).filter((one) => one !== null);
    return { x, value, p50: percentile(last, 0.5), p95: percentile(last, 0.95) };
  });
};

/** The run before which the last good one stands: what to compare the first bad one with. Newest first. */
export const goodBefore = (runs: HistoryRow[], bad: string): HistoryRow | null => {
  const at = runs.findIndex(({ run }) => run === bad);
  return at < 0 ? null : (runs.slice(at + 1).find(({ status }) => status === "pass") ?? null);
};
