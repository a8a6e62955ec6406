import { expect, test } from "vitest";
import type { RunRow } from "../../lib/api/runs";
import { appended, fits, merged, since } from "./list.svelte";

const row = (run: string, started: number, more: Partial<RunRow> = {}): RunRow =>
  ({ run, started, project: "p", test: "t", file: "t", block: null, status: "pass", duration: 1, trigger: "manual", repetition: 1, repetitions: 1, attempt: 1, ...more });

test("a run that begins stands at its place, one that ends is changed where it is", () => {
  const rows = [row("c", 30), row("a", 10)];
  expect(merged(rows, row("b", 20)).map(({ run }) => run)).toEqual(["c", "b", "a"]);
  expect(merged(rows, row("d", 40)).map(({ run }) => run)).toEqual(["d", "c", "a"]);
  expect(merged(rows, row("z", 1)).map(({ run }) => run)).toEqual(["c", "a", "z"]);
  expect(merged(rows, row("a", 10, { status: "fail" }))[1]?.status).toBe("fail");
});

test("pages that overlap give each run once", () => {
  expect(appended([row("c", 30), row("b", 20)], [row("b", 20), row("a", 10)]).map(({ run }) => run)).toEqual(["c", "b", "a"]);
});

test("live messages are filtered as the server filters", () => {
  expect(fits(row("a", 10), {})).toBe(true);
  expect(fits(row("a", 10), { status: "fail,error" })).toBe(false);
  expect(fits(row("a", 10), { project: "q" })).toBe(false);
  expect(fits(row("a", 10), { since: 11 })).toBe(false);
  expect(fits(row("a", 10), { text: "x" }), "only the server knows").toBe(false);
  expect([since("24h", 100_000_000), since("5", 9), since("what", 9), since(null, 9)]).toEqual([13_600_000, 5, null, null]);
});
