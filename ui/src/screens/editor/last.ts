// The last run of a test, as the editor shows it: how it ended, and why at which line.
import { get, path } from "../../lib/api/client";
import type { Kind, Reason, RunRow, Verdict } from "../../lib/api/runs";
import type { Mark } from "../../lib/code/marks";
import { diff } from "../../lib/diff/myers";

export interface Last extends RunRow {
  verdict: Verdict | null;
  /** The event that the first reason is about. */
  failed_event: number | null;
  /** The lines of its text that it reached. */
  reached: number[];
  /** The text that it ran. */
  text: { kind: Kind; text: string } | null;
}

export const lastRun = (id: string) => get<Last>(path`/runs/${id}`);

/** Whether a place is in the test itself and not in a module that it imports. */
const own = (source: string, test: string) => {
  const base = source.split("/").at(-1) ?? source;
  return base === test || base === `${test}.rhai`;
};

/** Where a line of the text that ran is in the text of now, counted from 1; null where it was changed or is gone. */
export type Here = (line: number) => number | null;

export const linesNow = (ran: string, now: string): Here => {
  const here = new Map(diff(ran.split("\n"), now.split("\n")).filter(({ kind }) => kind === "same").map(({ a, b }) => [a + 1, b + 1]));
  return (line) => here.get(line) ?? null;
};
const hereOf = (last: Last, text: string): Here => (last.text ? linesNow(last.text.text, text) : (line) => line);

export interface Shown {
  line: number | null;
  reason: Reason;
}

export const reasonsIn = (last: Last, test: string, text: string): Shown[] => {
  const here = hereOf(last, text);
  return (last.verdict?.reasons ?? []).map((reason) => ({ line: reason.at && own(reason.at.source, test) ? here(reason.at.line) : null, reason }));
};

/** The moment of a reason in its run: its event, where that is known. */
export const moment = (last: Last, reason: Reason): string => {
  const first = last.verdict?.reasons?.[0] === reason;
  return path`/runs/${last.run}` + (first && last.failed_event !== null ? `?msg=${last.failed_event}` : "");
};

const passed = (lines: Iterable<number>, here: Here): Mark[] =>
  [...lines].flatMap((ran) => {
    const line = here(ran);
    return line === null ? [] : [{ line, tone: "done" as const, title: "passed in the last run" }];
  });

/** Each line that the run reached has a mark: why it did not pass there, or that it did. */
export const marksOf = (last: Last, test: string, text: string, open: (url: string) => void): Mark[] => {
  const tone = last.status === "fail" ? "fail" : last.status === "cancelled" ? "warn" : "error";
  const bad = reasonsIn(last, test, text).flatMap(({ line, reason }): Mark[] =>
    line === null ? [] : [{ line, tone, title: reason.message, open: () => open(moment(last, reason)) }],
  );
  const theirs = new Set(bad.map(({ line }) => line));
  return [...passed(last.reached, hereOf(last, text)).filter(({ line }) => !theirs.has(line)), ...bad];
};

/** A run that goes on: the lines that it has reached, and the one that it is at. */
export interface Live {
  /** The text that it runs. */
  text: string;
  reached: Set<number>;
  now: number | null;
}

/** Takes an event of a run that goes on; returns whether the event has a line. */
export const reach = (live: Live, test: string, at: Reason["at"] | null): boolean => {
  if (!at || !own(at.source, test)) return false;
  live.reached.add(at.line);
  live.now = at.line;
  return true;
};

export const liveMarks = (live: Live, text: string): Mark[] => {
  const here = linesNow(live.text, text);
  const now = live.now === null ? null : here(live.now);
  const marks = passed(live.reached, here).filter(({ line }) => line !== now);
  return now === null ? marks : [...marks, { line: now, tone: "now", title: "runs now" }];
};

/** The blocks that a text has by name; those of a loop have computed names. */
export const blocksOf = (kind: Kind, text: string): string[] =>
  kind === "rhai" ? [...text.matchAll(/^[ \t]*test[ \t]+"((?:[^"\\\n]|\\.)+)"/gm)].map((match) => match[1] ?? "") : [];
