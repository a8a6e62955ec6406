import { expect, test } from "vitest";
import { nearest, path, places, scale } from "./plot";

test("places are round", () => {
  expect(places({ low: 0, high: 10 }, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(places({ low: 0.03, high: 0.31 }, 3)).toEqual([0.1, 0.2, 0.3]);
  expect(places({ low: 1, high: 4.5 }, 4)).toEqual([1, 2, 3, 4]);
  expect(places({ low: 5, high: 5 }, 4)).toEqual([5]);
});

test("a scale holds all numbers, however many or few", () => {
  expect(scale([1, 3], 0)).toEqual({ low: 0, high: 3.15 });
  expect(scale([7])).toEqual({ low: 7, high: 14 });
  expect(scale([])).toEqual({ low: 0, high: 1 });
  expect(scale([Number.NaN], 1, 4.5)).toEqual({ low: 1, high: 4.5 });
  expect(scale(Array.from({ length: 300_000 }, (_, i) => i)).low).toBe(0);
});

test("a line leaves out what is not known", () => {
  expect(path([[0, 0], [1, null], [2, 10]], { low: 0, high: 2 }, { low: 0, high: 10 }, 100, 50)).toBe("M0.0 50.0L100.0 0.0");
  expect(path([[0, null]], { low: 0, high: 2 }, { low: 0, high: 10 }, 100, 50)).toBe("");
});

test("the mouse means the nearest point", () => {
  const series = [{ name: "a", points: [[0, 1], [10, 2]] as [number, number][] }, { name: "b", points: [[4, 1]] as [number, number][] }];
  expect([nearest(series, 3), nearest(series, 8), nearest([], 1)]).toEqual([4, 10, null]);
});
