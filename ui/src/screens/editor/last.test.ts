import { expect, test } from "vitest";
import { blocksOf, liveMarks, linesNow, marksOf, moment, reach, reasonsIn, type Last } from "./last";

test("a line is found again where it stands now, one that was changed is not", () => {
  const lines = (ran: string, now: string) => ran.split("\n").map((_, i) => linesNow(ran, now)(i + 1));
  expect(lines("a\nb\n}\nc", "a\nb\n}\nc")).toEqual([1, 2, 3, 4]);
  expect(lines("a\nb\n}\nc\n}", "new\na\nb\n}\nchanged\n}")).toEqual([2, 3, 4, null, 6]);
  expect(linesNow("a", "a")(9)).toBeNull();
});

const last = (more: Partial<Last>): Last => ({ run: "20260101-a", status: "fail", failed_event: 12, reached: [], text: { kind: "rhai", text: "a\nb" }, ...more }) as Last;

test("reasons are marked at lines of the test itself, and lead to their moment", () => {
  const reasons = [
    { message: "no answer", at: { source: "busy.rhai", line: 2, column: 1 } },
    { message: "in a module", at: { source: "lib/pbx.rhai", line: 2, column: 1 } },
    { message: "nowhere" },
  ];
  const run = last({ verdict: { status: "fail", hash: "x", reasons } });
  const shown = reasonsIn(run, "busy", "a\nb");
  expect(shown.map(({ line }) => line)).toEqual([2, null, null]);
  expect(marksOf(run, "busy", "a\nb", () => {})).toMatchObject([{ line: 2, tone: "fail", title: "no answer" }]);
  expect(moment(run, reasons[0]!)).toBe("/runs/20260101-a?msg=12");
  expect(moment(run, reasons[2]!)).toBe("/runs/20260101-a");
  expect(reasonsIn(last({ verdict: null }), "busy", "a")).toEqual([]);
});

test("each line that was reached has a mark, where it is now", () => {
  const reasons = [{ message: "no answer", at: { source: "busy.rhai", line: 3, column: 1 } }];
  const run = last({ verdict: { status: "fail", hash: "x", reasons }, reached: [1, 2, 3], text: { kind: "rhai", text: "a\nb\nc\nd" } });
  const marks = (text: string) => marksOf(run, "busy", text, () => {}).map(({ line, tone }) => [line, tone]);
  expect(marks("a\nb\nc\nd")).toEqual([[1, "done"], [2, "done"], [3, "fail"]]);
  expect(marks("new\na\nB\nc\nd")).toEqual([[2, "done"], [4, "fail"]]);
});

test("a run that goes on is followed line by line", () => {
  const live = { text: "a\nb\nc", reached: new Set<number>(), now: null };
  const at = (line: number, source = "p/busy.rhai") => ({ source, line, column: 1 });
  expect([reach(live, "busy", at(1)), reach(live, "busy", at(3)), reach(live, "busy", at(2, "lib/pbx.rhai")), reach(live, "busy", null)]).toEqual([true, true, false, false]);
  expect(liveMarks(live, "new\na\nb\nc").map(({ line, tone }) => [line, tone])).toEqual([[2, "done"], [4, "now"]]);
});

test("blocks are those with names that are written out", () => {
  expect(blocksOf("rhai", 'test "a \\"b\\"" {\n}\n  test "c" {\n test `d` {\n// test "e"')).toEqual(['a \\"b\\"', "c"]);
  expect(blocksOf("testfile", 'test "a" {')).toEqual([]);
});
