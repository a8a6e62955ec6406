import { describe, expect, test } from "vitest";
import { loss } from "./calls";
import type { RunEvent } from "./events";
import { arrow, columns, firstFailure, lines } from "./ladder";
import { filtered, RunRecord } from "./record";
import { parse, sdp, summary } from "./sip";
import { axis, timeline } from "./timeline";

let n = 0;
const at = (time: number, event: Partial<RunEvent>): RunEvent => ({ n: n++, time, kind: "note", ...event });
const starts = (time: number, agent: string, port: number) => at(time, { agent, type: "AGENT_STARTING", aor: `sip:${agent}@127.0.0.1`, address: `127.0.0.1:${port}`, baresip: "baresip 4.12.0" });
const PORTS: Record<string, string> = { alice: "127.0.0.1:5060", bob: "127.0.0.1:5062", charlie: "127.0.0.1:5064", out: "10.9.9.9:5060" };
interface Sent { by: string; to: string; method: string; status?: number; reason?: string; call?: string; cseq?: string; branch?: string; body?: string; wire?: number; again?: boolean }
let wire = 0;
const raw = ({ by, method, status, reason, call = "c1", cseq = `1 ${method}`, branch = "b1", body = "" }: Sent) =>
  `${status ? `SIP/2.0 ${status} ${reason}` : `${method} sip:x@y SIP/2.0`}\r\nVia: SIP/2.0/UDP ${PORTS[by]};branch=z9hG4bK${branch}\r\nCall-ID: ${call}\r\nCSeq: ${cseq}\r\n\r\n${body}`;
const sip = (time: number, recorder: string, sent: Sent): RunEvent =>
  at(time, {
    agent: recorder, kind: "sip", direction: recorder === sent.by ? "OUT" : "IN", transport: "UDP", src: PORTS[sent.by], dst: PORTS[sent.to],
    method: sent.method, status: sent.status, reason: sent.reason, call_id: sent.call ?? "c1", cseq: sent.cseq ?? `1 ${sent.method}`, param: raw(sent),
    wire: sent.wire ?? wire++, again: sent.again, ...other(recorder === sent.by ? sent.to : sent.by),
  });
const other = (name: string) => ({ peer: PORTS[name], peer_agent: name === "out" ? undefined : name });
const both = (time: number, message: Sent) => {
  const sent = { ...message, wire: wire++ };
  return [sip(time, sent.by, sent), sip(time + 1, sent.to, sent)];
};
const record = (...events: RunEvent[]) => {
  const made = new RunRecord();
  made.add(events.sort((a, b) => a.n - b.n));
  return made;
};
const begun = () => {
  n = wire = 0;
  return [starts(0, "alice", 5060), starts(1, "bob", 5062)];
};
const open = { from: null, to: null, words: [], marks: true };

describe("the ladder", () => {
  test("two records of one message are one arrow, the sender first", () => {
    const start = begun();
    const invite = { by: "alice", to: "bob", method: "INVITE", wire: 0 };
    // The receiver's record came first.
    const made = record(...start, sip(11, "bob", invite), sip(10, "alice", invite));
    expect(made.wire.rows.length).toBe(1);
    expect(made.wire.rows[0]?.seen.map(({ agent }) => agent)).toEqual(["alice", "bob"]);
    expect(made.wire.rows[0]).toMatchObject({ time: 10, from: 0, to: 1, retransmission: false });
    expect(made.wire.byEvent.get(3)).toBe(made.wire.rows[0]);
  });

  test("what is sent again is an arrow of its own, and is marked", () => {
    const invite = { by: "alice", to: "bob", method: "INVITE" };
    const made = record(...begun(), ...both(10, invite), ...both(510, { ...invite, again: true }));
    expect(made.wire.rows.map(({ retransmission, seen }) => [retransmission, seen.length])).toEqual([[false, 2], [true, 2]]);
  });

  test("a peer outside has a lane of its own", () => {
    n = 0;
    const made = record(starts(0, "alice", 5060), sip(5, "alice", { by: "alice", to: "out", method: "OPTIONS" }), sip(6, "alice", { by: "alice", to: "bob", method: "INVITE" }), starts(7, "bob", 5062));
    const shown = columns(made.wire.lanes, made.wire.rows);
    expect(shown.map(({ lane }) => [lane.name, lane.agent])).toEqual([["alice", true], ["10.9.9.9:5060", false], ["bob", true]]);
    expect(shown.map(({ x }) => Math.round(x * 600))).toEqual([100, 300, 500]);
    const places = new Map(shown.map(({ index, x }) => [index, x]));
    expect(made.wire.rows.map((row) => arrow(row, places, 600))).toMatchObject([{ from: 100, to: 300, leftwards: false, tone: "request" }, { from: 100, to: 500 }]);
  });

  test("ACK lights up with its INVITE; other numbers do not", () => {
    const made = record(...begun(), ...both(10, { by: "alice", to: "bob", method: "INVITE" }), ...both(20, { by: "bob", to: "alice", method: "INVITE", status: 200, reason: "OK" }),
      ...both(30, { by: "alice", to: "bob", method: "ACK", branch: "b2" }), ...both(40, { by: "alice", to: "bob", method: "BYE", cseq: "2 BYE", branch: "b3" }));
    expect(made.wire.byTransaction.get("c1 1")?.map(({ label }) => label)).toEqual(["INVITE", "200 OK", "ACK"]);
  });

  test("marks stand between messages; time and words filter both", () => {
    const made = record(...begun(), ...both(10, { by: "alice", to: "bob", method: "INVITE" }), at(20, { agent: "alice", kind: "event", type: "CALL_ESTABLISHED", call: "c1", param: "x" }),
      ...both(30, { by: "alice", to: "bob", method: "BYE", cseq: "2 BYE", branch: "b3" }), at(40, { agent: "alice", kind: "event", type: "CALL_CLOSED", call: "c1", peer: "sip:bob@127.0.0.1", param: "Connection reset by peer" }));
    const { rows } = made.wire;
    expect(lines(rows, made.marks, open).map((line) => line.row?.label ?? line.mark?.text)).toEqual(["INVITE", "established", "BYE", "closed: the peer hung up"]);
    expect(lines(rows, made.marks, { ...open, from: 15, to: 35 }).map((line) => line.row?.label ?? line.mark?.text)).toEqual(["established", "BYE"]);
    expect(lines(rows, made.marks, { ...open, words: ["bye"] }).length).toBe(1);
    expect(lines(rows, made.marks, { ...open, marks: false }).length).toBe(2);
  });

  test("the first failure: a final no, not a challenge; else the first request that nobody had answered", () => {
    const register = { by: "alice", to: "bob", method: "REGISTER" };
    const events = [...begun(), ...both(5, { ...register, by: "bob", to: "alice", status: 401, reason: "Unauthorized" }), ...both(10, { by: "alice", to: "bob", method: "INVITE" })];
    const failed = at(50, { kind: "note", type: "CHECK_FAILED", message: "no", at: { source: "t", line: 3, column: 1 } });
    const quiet = record(...events, failed);
    expect(quiet.failed?.n).toBe(failed.n);
    expect(firstFailure(quiet.wire.rows, 50)?.label).toBe("INVITE");
    const busy = record(...events, failed, ...both(60, { by: "bob", to: "alice", method: "INVITE", status: 486, reason: "Busy Here" }));
    expect(firstFailure(busy.wire.rows, 50)?.label).toBe("486 Busy Here");
    expect(firstFailure([], null)).toBeNull();
  });

  test("20,000 recordings of messages are paired and laid out", { timeout: 60_000 }, () => {
    const events = begun();
    for (let i = 0; i < 10_000; i += 1) events.push(...both(i * 10, { by: "alice", to: "bob", method: "OPTIONS", call: `c${i}`, branch: `b${i}` }));
    const made = record(...events);
    expect(lines(made.wire.rows, made.marks, open).length).toBe(10_000);
  });
});

describe("the record", () => {
  test("takes each event once, and finds it", () => {
    const events = [...begun(), ...both(10, { by: "alice", to: "bob", method: "INVITE", cseq: "1 INVITE\r\nAllow: ALLOW-THIS" })];
    const made = record(...events);
    expect(made.add(events)).toBe(0);
    expect(made.next).toBe(4);
    expect(made.at(2)?.head).toBe("INVITE");
    expect(made.at(9)).toBeNull();
    expect(filtered(made.items, { from: null, to: null, words: ["invite", "bob"], agent: null, sorts: new Set(["sip"]) }).length).toBe(1);
    expect(filtered(made.items, { from: null, to: null, words: ["allow-this"], agent: null, sorts: new Set() }).length).toBe(0);
    expect(filtered(made.items, { from: 0, to: 5, words: [], agent: "alice", sorts: new Set() }).length).toBe(1);
  });

  test("what is hostile or broken is text or left out, and breaks nothing", () => {
    n = 0;
    const strange = [null, { n: "x" }, at(1, { kind: "event", type: "<img src=x>", agent: "<b>", param: "{}" }), at(Number.NaN, { kind: "nothing" }), at(2, { kind: "sip", agent: "a" }), at(3, { type: "WAITING", what: "__proto__", limit: "1" })];
    const made = new RunRecord();
    expect(made.add(strange as RunEvent[])).toBe(4);
    expect(made.items[0]?.head).toBe("<img src=x>");
    expect(made.wire.rows.length).toBe(1);
  });
});

describe("steps", () => {
  const told = (made: RunRecord) => made.steps.all.map(({ kind, text, state, depth, end }) => [kind, text, state, depth, end]);
  const place = (line: number) => ({ at: { source: "t", line, column: 1 } });
  test("commands, waits and checks, nested in the test's own steps", () => {
    begun();
    const made = record(at(5, { type: "STEP_BEGINS", name: "call", ...place(1) }), at(10, { agent: "alice", kind: "command", text: "dial bob", ...place(2) }), at(11, { agent: "alice", kind: "response", ok: true, data: "", to: 3 }),
      at(20, { type: "WAITING", what: "CALL_INCOMING at bob", limit: 5000, ...place(3) }), at(30, { type: "CHECK_FAILED", message: "too slow", ...place(4) }), at(35, { type: "STEP_ENDS", name: "call", ok: false }),
      at(40, { type: "ENDED", how: "failed", message: "no CALL_INCOMING", ...place(3) }));
    expect(told(made)).toEqual([
      ["step", "call", "failed", 0, 35], ["command", "dial bob", "done", 1, 20], ["wait", "CALL_INCOMING at bob, at most 5.0 s", "done", 1, 30],
      ["check", "too slow", "failed", 1, 30], ["end", "no CALL_INCOMING", "failed", 0, 40],
    ]);
    expect(made.steps.now).toBeNull();
  });
  test("the last one runs until something else comes", () => {
    begun();
    const made = record(at(10, { type: "WAITING", what: "sleep", limit: 500, ...place(3) }));
    expect(made.steps.now?.text).toBe("sleep 500 ms");
  });
});

describe("calls and the timeline", () => {
  const call = (time: number, agent: string, type: string, more: Partial<RunEvent> = {}) => at(time, { agent, kind: "event", type, call: "c1", direction: "outgoing", peer: "sip:bob@127.0.0.1:5062;transport=udp", param: "", ...more });
  test("a call's states are bars, its peer has its name", () => {
    const made = record(...begun(), call(10, "alice", "CALL_OUTGOING"), call(20, "alice", "CALL_ESTABLISHED"), call(22, "alice", "CALL_RTPESTAB"), call(30, "alice", "CALL_HOLD"), call(40, "alice", "CALL_RESUME"), call(60, "alice", "CALL_CLOSED", { param: "486 Busy" }));
    expect(made.calls.all).toMatchObject([{ agent: "alice", peer: "bob", begun: 10, established: 20, media: 22, holds: [[30, 40]], closed: 60, why: "486 Busy" }]);
    const lanes = timeline(made.items, made.calls.all, made.steps.all, 0, 60);
    expect(lanes.map(({ name }) => name)).toEqual(["script", "alice", "bob"]);
    expect(lanes[1]?.bars.map(({ kind, from, to }) => [kind, from, to])).toEqual([["process", 0, 60], ["ringing", 10, 20], ["talking", 20, 60], ["hold", 30, 40], ["media", 22, 60]]);
  });
  test("losses are those between two samples", () => {
    const sample = (sent: number, lost: number) => ({ time: 0, sent: [sent, sent] as [number, number], lost: [lost, lost] as [number, number], jitter: [0, 0] as [number, number], rtt: null, mos: null });
    expect(loss(undefined, sample(100, 10), 0)).toBe(10);
    expect(loss(sample(100, 10), sample(190, 20), 1)).toBe(10);
    expect(loss(sample(100, 10), sample(100, 10), 0)).toBeNull();
  });
  test("an axis has round places", () => {
    expect(axis(6400, 8)).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000]);
    expect(axis(0, 8)).toEqual([0]);
    expect(axis(1_000_000, 8)).toEqual([0, 300_000, 600_000, 900_000]);
  });
  test("thousands of short calls are some bars", () => {
    const events = begun();
    for (let i = 0; i < 3000; i += 1) events.push(call(i * 100, "alice", "CALL_ESTABLISHED", { call: `c${i}` }), call(i * 100 + 80, "alice", "CALL_CLOSED", { call: `c${i}` }));
    const made = record(...events);
    const [, alice] = timeline(made.items, made.calls.all, made.steps.all, made.begin, made.end);
    const talking = alice?.bars.filter(({ kind }) => kind === "talking") ?? [];
    expect(talking.length).toBeLessThan(10);
    expect(talking.at(-1)?.to).toBe(299_980);
  });
});

describe("a message taken apart", () => {
  test("compact names, folded lines, a body", () => {
    const parsed = parse("INVITE sip:b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nSubject: one\r\n  two\r\nno colon\r\n\r\nv=0\r\nm=audio 1 RTP/AVP 0\r\n");
    expect(parsed.headers).toEqual([["Via", "SIP/2.0/UDP a"], ["Subject", "one two"], ["no colon", ""]]);
    expect(sdp(parsed.body).map(({ means }) => means)).toEqual(["version", "media"]);
    expect(parse("").headers).toEqual([]);
  });
  test("a description in one line", () => {
    expect(summary("v=0\nm=audio 10002 RTP/AVP 0 96\na=rtpmap:96 opus/48000/2\na=sendonly\nm=video 0 RTP/AVP 97")).toEqual(["audio 10002 RTP/AVP 0 opus · sendonly", "video 0 RTP/AVP 97 · sendrecv"]);
  });
});
