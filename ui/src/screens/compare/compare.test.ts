import { expect, test } from "vitest";
import type { RunCall, RunDetail } from "../../lib/api/run";
import { couples } from "../../lib/diff/messages";
import type { Row } from "../../lib/record/wire";
import { delta, isWorse, numbers } from "./numbers";

const call = (more: Partial<RunCall>): RunCall => ({ agent: "alice", number: 1, id: "x", direction: "outgoing", peer: "bob", begun: 0, invited: 0, rung: 100, established: 200, media: null, holds: [], closed: 1200, why: null, audio: { codec: "", figures: {}, protocol: "", packets: null, lost: null, jitter: null, rtt: null, mos: null }, post_dial_delay: 100, ...more });
const run = (calls: RunCall[], duration: number) => ({ calls, duration, agents: [], events: 3, recordings: [] }) as unknown as RunDetail;

test("numbers of the same call stand beside each other, with what they differ by", () => {
  const rows = numbers(run([call({})], 1000), run([call({ rung: 900, post_dial_delay: 900 }), call({ agent: "bob", direction: "incoming", post_dial_delay: null })], 2000));
  const delay = rows.find(({ what }) => what === "Post-dial delay");
  expect(delay).toMatchObject({ about: "alice, call 1", a: 100, b: 900 });
  expect(delay && [delta(delay), isWorse(delay)]).toEqual(["+800", true]);
  expect(rows.filter(({ about }) => about === "bob, call 1").map(({ what, a }) => [what, a])).toEqual([["Ringing", null], ["Talking", null]]);
  expect(rows[0]).toMatchObject({ what: "Duration", a: 1000, b: 2000 });
  expect(delta({ about: "", what: "", a: 1, b: 1.001, unit: "", digits: 2, worse: null })).toBe("0");
});

const row = (method: string, status: number, callId: string, more: Partial<Row> = {}): Row => ({ n: 0, time: 0, label: `${status || method}`, retransmission: false, seen: [], transaction: "", from: 0, to: 1, sip: { out: true, transport: "UDP", src: "", dst: "", method, status, callId, cseq: "", raw: "", wire: null, again: false, peer: "", peerIsAgent: false }, ...more });
test("messages are paired in order, call by call; what is sent again is left out", () => {
  const name = (lane: number) => `agent ${lane}`;
  const a = [row("INVITE", 0, "1"), row("INVITE", 180, "1"), row("INVITE", 200, "1"), row("BYE", 0, "1")];
  const b = [row("REGISTER", 0, "0"), row("INVITE", 0, "9"), row("INVITE", 0, "9", { retransmission: true }), row("INVITE", 486, "9")];
  expect(couples(a, b, name, name).map(({ a, b }) => [a?.label ?? null, b?.label ?? null])).toEqual([[null, "REGISTER"], ["INVITE", "INVITE"], ["180", "486"], ["200", null], ["BYE", null]]);
});
