import { expect, test } from "vitest";
import { ago, bytes, count, duration, moment } from "./format";

test("durations", () => {
  const shown = [0, 80, 999.2, 999.6, 2449, 59_960, 185_000, 7_800_000, 356_400_000, null].map(duration);
  expect(shown).toEqual(["0 ms", "80 ms", "999 ms", "1.0 s", "2.4 s", "1 min 00 s", "3 min 05 s", "2 h 10 min", "4 d 3 h", "–"]);
});

test("sizes", () => {
  expect([0, 999, 4000, 999_600, 1_200_000_000].map(bytes)).toEqual(["0 B", "999 B", "4.0 kB", "1.0 MB", "1.2 GB"]);
});

test("how long ago", () => {
  const now = new Date(2026, 7, 20, 12).getTime();
  const shown = [3, 200, 7200, 3 * 86_400, 60 * 86_400].map((seconds) => ago(now - seconds * 1000, now));
  expect(shown).toEqual(["just now", "3 min ago", "2 h ago", "3 d ago", "2026-06-21"]);
  expect(moment(new Date(2026, 7, 20, 9, 5, 7).getTime(), now)).toBe("09:05:07");
  expect(moment(new Date(2026, 7, 19, 9, 5, 7).getTime(), now)).toBe("2026-08-19 09:05:07");
  expect([count(1, "test"), count(2, "test")]).toEqual(["1 test", "2 tests"]);
});
