// Runs as they lie in a data folder, written by the tests: what no agent would say, or not so much of it.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ADDRESS = { alice: "127.0.0.1:5060", bob: "127.0.0.1:5062" };

/** A run of this number of events: calls between alice and bob, one after the other, with their agents' events. */
export const longRun = (folder, run, count) => {
  const begin = Date.now() - 3_600_000;
  const header = { format: "telefonist-run", version: 1, run, test: "long", file: "long", time: begin, repetition: 1, of: 1, attempt: 1, host: "telefonist", agent: "baresip" };
  const lines = [JSON.stringify(header)];
  let n = 0;
  const push = (event) => {
    if (n < count) lines.push(JSON.stringify({ n, time: begin + n * 20, ...event }));
    n += 1;
  };
  for (const agent of ["alice", "bob"]) push({ agent, kind: "note", type: "AGENT_STARTING", aor: `sip:${agent}@127.0.0.1`, address: ADDRESS[agent], local: true, baresip: "baresip" });
  let wire = 0;
  const sip = (call, from, to, method, status, reason) => {
    const head = status ? `SIP/2.0 ${status} ${reason}` : `${method} sip:${to}@${ADDRESS[to]} SIP/2.0`;
    const sequence = method === "BYE" ? "2 BYE" : `1 ${method}`;
    const headers = [["Via", `SIP/2.0/UDP ${ADDRESS[from]};branch=z9hG4bK${call}${method}`], ["From", `<sip:alice@127.0.0.1>;tag=a${call}`], ["To", `<sip:bob@127.0.0.1>;tag=b${call}`], ["Call-ID", `call-${call}`], ["CSeq", sequence], ["User-Agent", "baresip v4.12.0 (x86_64/Linux)"], ["Allow", "INVITE,ACK,BYE,CANCEL,OPTIONS,NOTIFY,INFO,MESSAGE,UPDATE,REFER"]];
    const body = method === "INVITE" && status !== 180 ? "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 10002 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\n" : "";
    const param = `${head}\r\n${headers.map(([name, value]) => `${name}: ${value}`).join("\r\n")}\r\n\r\n${body}`;
    for (const agent of [from, to])
      push({ agent, kind: "sip", direction: agent === from ? "OUT" : "IN", transport: "UDP", src: ADDRESS[from], dst: ADDRESS[to], method, ...(status ? { status, reason } : {}), call_id: `call-${call}`, cseq: sequence, from: headers[1][1], to: headers[2][1], headers, body, param, wire, peer: ADDRESS[agent === from ? to : from], peer_agent: agent === from ? to : from });
    wire += 1;
  };
  const said = (call, agent, type, param = "") => push({ agent, kind: "event", type, call: `call-${call}`, direction: agent === "alice" ? "outgoing" : "incoming", peer: `sip:${agent === "alice" ? "bob" : "alice"}@127.0.0.1`, param, fields: { accountaor: `sip:${agent}@127.0.0.1` } });
  for (let call = 0; n < count; call += 1) {
    push({ agent: "alice", kind: "command", text: "dial sip:bob@127.0.0.1", at: { source: "long", line: 3, column: 1 } });
    sip(call, "alice", "bob", "INVITE");
    said(call, "alice", "CALL_OUTGOING");
    said(call, "bob", "CALL_INCOMING");
    sip(call, "bob", "alice", "INVITE", 180, "Ringing");
    sip(call, "bob", "alice", "INVITE", 200, "OK");
    sip(call, "alice", "bob", "ACK");
    for (const agent of ["alice", "bob"]) {
      said(call, agent, "CALL_ESTABLISHED");
      push({ agent, kind: "log", level: "info", text: `call: ${call} established with a line of the usual length in an agent's log` });
      said(call, agent, "CALL_RTPESTAB", "audio");
    }
    sip(call, "alice", "bob", "BYE");
    sip(call, "bob", "alice", "BYE", 200, "OK");
    for (const agent of ["alice", "bob"]) said(call, agent, "CALL_CLOSED", "Connection reset by peer");
  }
  const place = join(folder, "runs", run);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "events.jsonl"), `${lines.join("\n")}\n`);
  writeFileSync(join(place, "verdict.json"), JSON.stringify({ format: "telefonist-verdict", version: 1, status: "pass", hash: "0123456789abcdef" }));
};

/** The same run once more, with other words in all that it tells. */
export const retold = (folder, run, as, words) => {
  const place = join(folder, "runs", as);
  cpSync(join(folder, "runs", run), place, { recursive: true });
  const change = (value) => {
    if (typeof value === "string") return Object.entries(words).reduce((text, [word, other]) => text.replaceAll(word, other), value);
    if (Array.isArray(value)) return value.map(change);
    return value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)])) : value;
  };
  const [header, ...events] = readFileSync(join(place, "events.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const lines = [{ ...change(header), run: as }, ...events.map((event) => ({ ...change(event), kind: event.kind, type: event.type, direction: event.direction }))];
  writeFileSync(join(place, "events.jsonl"), `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
  writeFileSync(join(place, "verdict.json"), JSON.stringify(change(JSON.parse(readFileSync(join(place, "verdict.json"), "utf8")))));
};
