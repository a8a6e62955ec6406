import { describe, expect, test } from "vitest";
import { diff, folded, paired, words, type Op } from "./myers";
import { masksOf, normalise } from "./normalise";

const applied = (a: string[], b: string[], ops: Op[]) => {
  expect(ops.filter(({ kind }) => kind !== "added").map(({ a }) => a)).toEqual(a.map((_, i) => i));
  expect(ops.filter(({ kind }) => kind !== "removed").map(({ b }) => b)).toEqual(b.map((_, i) => i));
  for (const op of ops) if (op.kind === "same") expect(a[op.a]).toBe(b[op.b]);
};
/** The length of a longest common list, the slow and sure way. */
const common = (a: string[], b: string[]) => {
  const row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    let before = 0;
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] ?? 0;
      row[j] = x === b[j - 1] ? before + 1 : Math.max(above, row[j - 1] ?? 0);
      before = above;
    }
  }
  return row[b.length] ?? 0;
};

describe("diff", () => {
  test("is a shortest way, whatever the lists are", () => {
    let seed = 7;
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    for (let round = 0; round < 400; round += 1) {
      const list = () => Array.from({ length: random(24) }, () => String.fromCharCode(97 + random(4)));
      const [a, b] = [list(), list()];
      const ops = diff(a, b);
      applied(a, b, ops);
      expect(ops.filter(({ kind }) => kind === "same").length, `${a.join("")} ${b.join("")}`).toBe(common(a, b));
    }
  });

  test("of long lists is found with little memory", { timeout: 60_000 }, () => {
    const a = Array.from({ length: 50_000 }, (_, i) => `line ${i}`);
    const b = a.filter((_, i) => i % 997 !== 0).flatMap((line, i) => (i % 1009 === 0 ? [line, "new"] : [line]));
    // A table of all pairs would have 2.5 thousand million places.
    const ops = diff(a, b);
    applied(a, b, ops);
    expect(ops.filter(({ kind }) => kind === "removed").length).toBe(51);
  });

  test("of lists with nothing in common ends", { timeout: 60_000 }, () => {
    const [a, b] = [Array.from({ length: 20_000 }, (_, i) => `a${i}`), Array.from({ length: 20_000 }, (_, i) => `b${i}`)];
    applied(a, b, diff(a, b));
  });

  test("lines stand beside those in their place; what is far from a change is folded", () => {
    const a = ["1", "2", "3", "4", "5", "6", "x", "7"];
    const b = ["1", "2", "3", "4", "5", "6", "y", "z", "7"];
    const pairs = paired(diff(a, b));
    expect(pairs.slice(6)).toEqual([{ kind: "changed", a: 6, b: 6 }, { kind: "added", a: null, b: 7 }, { kind: "same", a: 7, b: 8 }]);
    expect(folded(pairs, 2, new Set())[0]).toEqual({ fold: true, from: 0, count: 4 });
    expect(folded(pairs, 2, new Set()).length).toBe(6);
    expect(folded(pairs, 2, new Set([0])).length).toBe(9);
  });
});

test("words that changed are marked, in both lines", () => {
  const [left, right] = words("Contact: <sip:alice@127.0.0.1:5060>", "Contact: <sip:bob@127.0.0.1:5060>");
  expect(left.filter(({ changed }) => changed).map(({ text }) => text)).toEqual(["alice"]);
  expect(right.filter(({ changed }) => changed).map(({ text }) => text)).toEqual(["bob"]);
  expect(left.map(({ text }) => text).join("")).toBe("Contact: <sip:alice@127.0.0.1:5060>");
});

describe("normalise", () => {
  const message = "INVITE sip:bob@10.0.0.1:5062 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKabc;rport\nCall-ID: 5bdcfeef\nCSeq: 8056 INVITE\n\nm=audio 10002 RTP/AVP 0";
  test("masks what was chosen and nothing else", () => {
    expect(normalise(message, new Set())).toBe(message);
    expect(normalise(message, masksOf(null))).toBe(
      "INVITE sip:bob@<address>:<port> SIP/2.0\nVia: SIP/2.0/UDP <address>:<port>;branch=<id>;rport\nCall-ID: <id>\nCSeq: <n> INVITE\n\nm=audio <port> RTP/AVP 0",
    );
    expect(normalise(message, masksOf("ports"))).toContain("10.0.0.1:<port>");
    expect(normalise(message, masksOf("addresses"))).toContain("<address>:5062");
  });
  test("leaves a status, a version, a user alone", () => {
    expect(normalise("SIP/2.0 486 Busy Here", masksOf(null))).toBe("SIP/2.0 486 Busy Here");
    expect(normalise("From: <sip:4930123@example.com>", masksOf(null))).toBe("From: <sip:4930123@example.com>");
  });
});
