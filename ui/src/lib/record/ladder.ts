// The ladder as a list of lines: messages, and between them what happened at an agent. Pure: what is drawn follows from it.
import type { Item, Sip } from "./events";
import type { Lane, Row } from "./wire";

export interface Mark {
  n: number;
  time: number;
  /** null: what the script says. */
  agent: string | null;
  kind: "call" | "closed" | "media" | "problem";
  text: string;
}

export type Line = { n: number; time: number; row: Row; mark: null } | { n: number; time: number; row: null; mark: Mark };

export interface Filter {
  from: number | null;
  to: number | null;
  /** All of these words have to be in it. */
  words: string[];
  marks: boolean;
}

/** Why a call closed, as a person tells it. */
export const closedWords = (param: string): string =>
  param.replace(/^Connection reset by peer( \[\d+\])?,?/, (_match, _errno, _at, all: string) => (all.includes(",") ? "the peer hung up, Reason: " : "the peer hung up"))
    .replace(/^(Connection reset|Rejected) by user( \[\d+\])?/, "this side hung up");

const placed = (item: Item) => (item.at ? `${item.text} (${item.at.source}:${item.at.line})` : item.text);

/** The mark that an event leaves between the messages, if it leaves one. */
export const mark = (item: Item): Mark | null => {
  const made = (kind: Mark["kind"], text: string): Mark => ({ n: item.n, time: item.time, agent: item.agent, kind, text });
  const last = item.text.split(" · ").at(-1) ?? "";
  if (item.sort === "step") return item.bad && item.head !== "refused" && item.head !== "step failed" ? made("problem", placed(item) || item.head) : null;
  if (item.sort === "host") return item.bad && item.head !== "warning" ? made("problem", `${item.head}: ${placed(item)}`) : null;
  if (item.sort !== "event") return null;
  switch (item.head) {
    case "CALL_ESTABLISHED": return made("call", "established");
    case "CALL_HOLD": return made("call", "held by the peer");
    case "CALL_RESUME": return made("call", "resumed by the peer");
    case "CALL_CLOSED": return made("closed", `closed: ${closedWords(last)}`);
    case "CALL_RTPESTAB": return made("media", `hears ${last}`);
    case "REGISTER_FAIL": return made("problem", `registration failed: ${last}`);
    case "AUDIO_ERROR": return made("problem", `audio error: ${last}`);
    default: return null;
  }
};

export const wordsOf = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean);
export const has = (text: string, words: string[]): boolean => {
  const low = text.toLowerCase();
  return words.every((word) => low.includes(word));
};
/** What is searched of a message: not what it merely allows, or each search for BYE would find all. */
export const searched = ({ raw, src, dst }: Sip): string => `${raw.replace(/^(allow|supported|allow-events|accept)[ \t]*:.*$/gim, "")} ${src} ${dst}`;

/** Messages and marks that the filter lets through, in the order of time. */
export const lines = (rows: Row[], marks: Mark[], filter: Filter): Line[] => {
  const within = ({ time }: { time: number }) => (filter.from === null || time >= filter.from) && (filter.to === null || time <= filter.to);
  const all: Line[] = [];
  for (const row of rows) if (within(row) && (filter.words.length === 0 || has(`${row.label} ${searched(row.sip)}`, filter.words))) all.push({ n: row.n, time: row.time, row, mark: null });
  if (filter.marks) for (const mark of marks) if (within(mark) && (filter.words.length === 0 || has(`${mark.agent ?? ""} ${mark.text}`, filter.words))) all.push({ n: mark.n, time: mark.time, row: null, mark });
  return all.sort((a, b) => a.time - b.time || a.n - b.n);
};

/** Lanes that something stands at, with their places from the left in parts of the width (0 to 1). */
export const columns = (lanes: Lane[], rows: Row[]): { lane: Lane; index: number; x: number }[] => {
  const used = new Set<number>();
  for (const { from, to } of rows) used.add(from).add(to);
  const shown = lanes.map((lane, index) => ({ lane, index })).filter(({ lane, index }) => lane.agent || used.has(index));
  return shown.map((column, i) => ({ ...column, x: (i + 0.5) / shown.length }));
};

export interface Arrow {
  /** Pixels. */
  from: number;
  to: number;
  /** A message to oneself: a loop at its lane. */
  itself: boolean;
  leftwards: boolean;
  tone: "request" | "provisional" | "success" | "redirect" | "failure";
}

export const tone = (status: number): Arrow["tone"] =>
  status === 0 ? "request" : status < 200 ? "provisional" : status < 300 ? "success" : status < 400 ? "redirect" : "failure";

/** Where a row's arrow is drawn; null while its lanes have no place. */
export const arrow = (row: Row, places: Map<number, number>, width: number): Arrow | null => {
  const [from, to] = [places.get(row.from), places.get(row.to)];
  if (from === undefined || to === undefined) return null;
  return { from: Math.round(from * width), to: Math.round(to * width), itself: row.from === row.to, leftwards: to < from, tone: tone(row.sip.status) };
};

/** The message that is why a run failed: the first that says no (a challenge does not), else the first request that nobody had answered by
 * then; null where no message is at fault. */
export const firstFailure = (rows: Row[], failedAt: number | null): Row | null => {
  const no = rows.find(({ sip, retransmission }) => sip.status >= 400 && sip.status !== 401 && sip.status !== 407 && !retransmission);
  if (no || failedAt === null) return no ?? null;
  const asked = ({ sip }: Row) => `${sip.callId} ${sip.cseq}`;
  const answered = new Set(rows.filter(({ sip }) => sip.status > 0).map(asked));
  return rows.find((row) => row.sip.status === 0 && row.sip.method !== "ACK" && row.time <= failedAt && !answered.has(asked(row))) ?? null;
};
