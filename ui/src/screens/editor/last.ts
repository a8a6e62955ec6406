// The last run of a test, as the editor shows it: how it ended, and why at which line.
import { get, path } from "../../lib/api/client";
import type { Kind, Reason, RunRow, Verdict } from "../../lib/api/runs";
import type { Mark } from "../../lib/code/marks";

export interface Last extends RunRow {
  verdict: Verdict | null;
  /** The event that the first reason is about. */
  failed_event: number | null;
  /** The text that it ran. */
  text: { kind: Kind; text: string } | null;
}

export const lastRun = (id: string) => get<Last>(path`/runs/${id}`);

/** Whether a place is in the test itself and not in a module that it imports. */
const own = (source: string, test: string) => {
  const base = source.split("/").at(-1) ?? source;
  return base === test || base === `${test}.rhai`;
};

/** Where a line of the text that ran is in the text of now: at its place if it is the same there, else where it stands alone. */
export const lineNow = (ran: string[], now: string[], line: number): number | null => {
  const wanted = ran[line - 1];
  if (wanted === undefined) return null;
  if (now[line - 1] === wanted) return line;
  const places = now.flatMap((text, i) => (text === wanted ? [i + 1] : []));
  return wanted.trim() !== "" && places.length === 1 ? (places[0] ?? null) : null;
};

export interface Shown {
  line: number | null;
  reason: Reason;
}

export const reasonsIn = (last: Last, test: string, text: string): Shown[] =>
  (last.verdict?.reasons ?? []).map((reason) => {
    if (!reason.at || !own(reason.at.source, test)) return { line: null, reason };
    const line = last.text ? lineNow(last.text.text.split("\n"), text.split("\n"), reason.at.line) : reason.at.line;
    return { line, reason };
  });

/** The moment of a reason in its run: its event, where that is known. */
export const moment = (last: Last, reason: Reason): string => {
  const first = last.verdict?.reasons?.[0] === reason;
  return path`/runs/${last.run}` + (first && last.failed_event !== null ? `?msg=${last.failed_event}` : "");
};

export const marksOf = (last: Last, shown: Shown[], open: (url: string) => void): Mark[] =>
  shown.flatMap(({ line, reason }) =>
    line === null ? [] : [{ line, tone: last.status === "fail" ? "fail" : last.status === "cancelled" ? "warn" : "error", title: reason.message, open: () => open(moment(last, reason)) }],
  );

/** The blocks that a text has by name; those of a loop have computed names. */
export const blocksOf = (kind: Kind, text: string): string[] =>
  kind === "rhai" ? [...text.matchAll(/^[ \t]*test[ \t]+"((?:[^"\\\n]|\\.)+)"/gm)].map((match) => match[1] ?? "") : [];
