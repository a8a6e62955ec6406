import { expect, test } from "vitest";
import type { Job, RunLite, RunRow, Status } from "../../lib/api/runs";
import type { TestRow } from "../../lib/api/tests";
import { activity, fits, resultOf, sorted, tagsOf, withRun, type Filter } from "./rows";

const lite = (status: Status, started = 1, duration: number | null = 5): RunLite => ({ run: `${status}-${started}`, status, started, duration });
const row = (name: string, more: Partial<TestRow> = {}): TestRow => ({ name, kind: "rhai", version: 1, created: 0, changed: 0, author: "ann", tags: [], blocks: [], last: [], job: null, ...more });
const job = (more: Partial<Job>): Job => ({
  job: 1, url: "", state: "running", trigger: "manual", project: "p", schedule: null, queued: 0, started: 0, ended: null, status: null, reason: null,
  position: null, runs: [], problems: [], progress: { done: 0, total: 1 }, report: null, ...more,
});
const run = (test: string, status: Status) => ({ run: "r", url: "", test, block: null, status });
const any: Filter = { text: "", tag: null, result: null };

test("a test's result is that of its last run that ended", () => {
  expect(resultOf(row("a"))).toBe("never");
  expect(resultOf(row("a", { last: [lite("running"), lite("fail")] }))).toBe("fail");
  expect(resultOf(row("a", { last: [lite("cancelled")] }))).toBe("error");
  expect(resultOf(row("a", { last: [lite("skipped"), lite("pass")] }))).toBeNull();
});

test("the jobs say what runs and what waits", () => {
  const jobs = [job({ runs: [run("a", "running"), run("b", "queued"), run("c", "pass")] }), job({ job: 2, state: "waiting", position: 3 })];
  expect(activity(row("a"), jobs)?.state).toBe("running");
  expect(activity(row("b"), jobs)).toMatchObject({ state: "waiting", position: null });
  expect(activity(row("c"), jobs)).toBeNull();
  expect(activity(row("d", { job: 2 }), jobs)).toMatchObject({ state: "waiting", position: 3 });
  expect(activity(row("e", { last: [lite("running")] }), [])?.state).toBe("running");
});

test("filters by words, tag and result", () => {
  const rows = [row("busy call", { tags: ["smoke"], last: [lite("fail")] }), row("call", { blocks: ["bob is busy"] }), row("dtmf", { last: [lite("pass")] })];
  const names = (filter: Partial<Filter>) => rows.filter((row) => fits(row, { ...any, ...filter }, row.name === "dtmf")).map(({ name }) => name);
  expect(names({ text: "BUSY call" })).toEqual(["busy call", "call"]);
  expect(names({ text: "smoke" })).toEqual(["busy call"]);
  expect(names({ tag: "smoke" })).toEqual(["busy call"]);
  expect(names({ result: "never" })).toEqual(["call"]);
  expect(names({ result: "active" })).toEqual(["dtmf"]);
});

test("sorts by name as people count, and by time and duration with what has none last", () => {
  const rows = [row("call 10", { changed: 1 }), row("call 9", { last: [lite("pass", 3, 9)] }), row("call 1", { last: [lite("pass", 7, 2)] })];
  const names = (by: Parameters<typeof sorted>[1]) => sorted(rows, by).map(({ name }) => name);
  expect(names("name")).toEqual(["call 1", "call 9", "call 10"]);
  expect(names("took")).toEqual(["call 9", "call 1", "call 10"]);
  expect(names("ran")).toEqual(["call 1", "call 9", "call 10"]);
  expect(names("changed")[0]).toBe("call 10");
});

test("a run that begins comes first, and is the same when it ends", () => {
  const began = { ...lite("running", 9, null), test: "a.rhai", file: "p/a.rhai" } as RunRow;
  let rows = withRun([row("a", { last: Array.from({ length: 10 }, (_, i) => lite("pass", i)) }), row("b")], began);
  expect(rows[0]?.last.length).toBe(10);
  expect(rows[0]?.last[0]?.status).toBe("running");
  rows = withRun(rows, { ...began, status: "fail", duration: 4 });
  expect(rows[0]?.last.map(({ status }) => status).slice(0, 2)).toEqual(["fail", "pass"]);
  expect(rows[1]?.last).toEqual([]);
});

test("tags, the commonest first", () => {
  expect(tagsOf([row("a", { tags: ["x", "y"] }), row("b", { tags: ["y", "a"] })])).toEqual([["y", 2], ["a", 1], ["x", 1]]);
});
