import { expect, test } from "vitest";
import { inWords, marks, type Peak } from "./marks";

const loud: Peak = [-0.3, 0.4];
const quiet: Peak = [-0.0002, 0.0002];
const times = (peak: Peak, count: number) => Array.from({ length: count }, () => peak);

test("silences and clipping are found where they are", () => {
  const peaks = [...times(quiet, 5), ...times(loud, 3), ...times([-0.2, 1], 1), ...times([-1, 0.2], 1), ...times(quiet, 10)];
  expect(marks(peaks, 2)).toEqual([
    { kind: "silence", from: 0, to: 0.5 },
    { kind: "clipping", from: 0.8, to: 1 },
    { kind: "silence", from: 1, to: 2 },
  ]);
});

test("a pause within a word is no silence, and soft noise is none", () => {
  expect(marks([...times(loud, 9), ...times(quiet, 1), ...times(loud, 10)], 2)).toEqual([]);
  expect(marks(times([-0.002, 0.002], 20), 2)).toEqual([]);
  expect(marks([], 0)).toEqual([]);
});

test("they are said in words", () => {
  const clipping = Array.from({ length: 6 }, (_, i) => ({ kind: "clipping" as const, from: i, to: i + 0.01 }));
  expect(inWords([{ kind: "silence", from: 0, to: 0.5 }, ...clipping])).toBe("silence: 0.0 to 0.5 s · full scale: 0.0, 1.0, 2.0, 3.0 s and 2 more");
  expect(inWords([])).toBe("");
});
