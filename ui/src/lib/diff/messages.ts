// The SIP messages of two runs, paired in their order, call by call.
import type { Row } from "../record/wire";
import { diff, paired } from "./myers";

export interface Couple { a: Row | null; b: Row | null }

/** What a message is, without what varies: who to whom, method, code. */
const kind = (row: Row, name: (lane: number) => string) => `${name(row.from)} ${name(row.to)} ${row.sip.method} ${row.sip.status}`;

const byCall = (rows: Row[]): Row[][] => {
  const calls = new Map<string, Row[]>();
  for (const row of rows) {
    if (row.retransmission) continue;
    const own = calls.get(row.sip.callId);
    if (own) own.push(row);
    else calls.set(row.sip.callId, [row]);
  }
  return [...calls.values()];
};

/**
 * Dialogs are paired by how they begin, in the order in which they came; their messages by what they are. Retransmissions, which are chance,
 * are left out.
 */
export const couples = (a: Row[], b: Row[], nameA: (lane: number) => string, nameB: (lane: number) => string): Couple[] => {
  const [left, right] = [byCall(a), byCall(b)];
  const first = (rows: Row[], name: (lane: number) => string) => (rows[0] ? kind(rows[0], name) : "");
  const all: Couple[] = [];
  const pair = (x: Row[], y: Row[]) => {
    for (const { a: i, b: j } of paired(diff(x.map((row) => kind(row, nameA)), y.map((row) => kind(row, nameB)))))
      all.push({ a: i === null ? null : (x[i] ?? null), b: j === null ? null : (y[j] ?? null) });
  };
  for (const { kind: how, a: i, b: j } of paired(diff(left.map((rows) => first(rows, nameA)), right.map((rows) => first(rows, nameB))))) {
    const [x, y] = [i === null ? [] : (left[i] ?? []), j === null ? [] : (right[j] ?? [])];
    if (how === "changed") {
      pair(x, []);
      pair([], y);
    } else pair(x, y);
  }
  return all;
};
