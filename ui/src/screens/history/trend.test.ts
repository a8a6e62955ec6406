import { expect, test } from "vitest";
import type { HistoryRow } from "../../lib/api/run";
import { goodBefore, percentile, trend } from "./trend";

const run = (run: string, status: string, duration: number | null) => ({ run, status, duration }) as HistoryRow;

test("percentiles are values that occurred", () => {
  expect([percentile([], 0.5), percentile([7], 0.95), percentile([4, 1, 3, 2], 0.5), percentile([1, 2, 3, 4, 100], 0.95)]).toEqual([null, 7, 2, 100]);
});

test("a trend goes from the oldest to the newest, over a window", () => {
  const runs = [run("d", "pass", 40), run("c", "fail", null), run("b", "pass", 20), run("a", "pass", 10)];
  expect(trend(runs, ({ duration }) => duration, 2)).toEqual([
    { x: 0, value: 10, p50: 10, p95: 10 }, { x: 1, value: 20, p50: 10, p95: 20 }, { x: 2, value: null, p50: 20, p95: 20 }, { x: 3, value: 40, p50: 40, p95: 40 },
  ]);
});

test("the first bad run is compared with the good one before it", () => {
  const runs = [run("e", "fail", 1), run("d", "fail", 1), run("c", "cancelled", 1), run("b", "pass", 1), run("a", "pass", 1)];
  expect(goodBefore(runs, "d")?.run).toBe("b");
  expect(goodBefore(runs, "a")).toBeNull();
  expect(goodBefore(runs, "x")).toBeNull();
});
