import { expect, test } from "vitest";
import { blocksOf, lineNow, marksOf, moment, reasonsIn, type Last } from "./last";

test("a line is found again where it is the same, or where it stands alone", () => {
  const ran = ["a", "b", "}", "c"];
  expect(lineNow(ran, ["a", "b", "}", "c"], 2)).toBe(2);
  expect(lineNow(ran, ["new", "a", "b", "}", "c"], 2)).toBe(3);
  expect(lineNow(ran, ["new", "}", "x", "}"], 3)).toBeNull();
  expect(lineNow(ran, ["a", "changed"], 2)).toBeNull();
  expect(lineNow(ran, ["a"], 9)).toBeNull();
});

const last = (more: Partial<Last>): Last => ({ run: "20260101-a", status: "fail", failed_event: 12, text: { kind: "rhai", text: "a\nb" }, ...more }) as Last;

test("reasons are marked at lines of the test itself, and lead to their moment", () => {
  const reasons = [
    { message: "no answer", at: { source: "busy.rhai", line: 2, column: 1 } },
    { message: "in a module", at: { source: "lib/pbx.rhai", line: 2, column: 1 } },
    { message: "nowhere" },
  ];
  const run = last({ verdict: { status: "fail", hash: "x", reasons } });
  const shown = reasonsIn(run, "busy", "a\nb");
  expect(shown.map(({ line }) => line)).toEqual([2, null, null]);
  expect(marksOf(run, shown, () => {})).toMatchObject([{ line: 2, tone: "fail", title: "no answer" }]);
  expect(moment(run, reasons[0]!)).toBe("/runs/20260101-a?msg=12");
  expect(moment(run, reasons[2]!)).toBe("/runs/20260101-a");
  expect(reasonsIn(last({ verdict: null }), "busy", "a")).toEqual([]);
});

test("blocks are those with names that are written out", () => {
  expect(blocksOf("rhai", 'test "a \\"b\\"" {\n}\n  test "c" {\n test `d` {\n// test "e"')).toEqual(['a \\"b\\"', "c"]);
  expect(blocksOf("testfile", 'test "a" {')).toEqual([]);
});
