// The events of a run: as the server sends them (docs/events.md), and as this page keeps them.

import { duration } from "../format";

/** A place in a test's text, counted from 1. */
export interface At { source: string; line: number; column: number }

/** A line of events.jsonl; which other fields there are depends on `kind` and `type`. */
export interface RunEvent {
  n: number;
  /** Milliseconds since the epoch. */
  time: number;
  agent?: string;
  kind: string;
  [field: string]: unknown;
}

export interface Sip {
  out: boolean;
  transport: string;
  src: string;
  dst: string;
  method: string;
  /** 0 for a request. */
  status: number;
  callId: string;
  cseq: string;
  /** As it was on the wire. */
  raw: string;
  /** The message's number in its run: the same in the records of both ends. */
  wire: number | null;
  again: boolean;
  /** The other end: an agent's name, or the address at which it can be reached. */
  peer: string;
  peerIsAgent: boolean;
}

/** What a line can be filtered by. */
export type Sort = "step" | "event" | "sip" | "log" | "host";

/** An event as a line: what is long and seldom looked at (`fields`, `headers`) is fetched again when it is wanted. */
export interface Item {
  n: number;
  time: number;
  agent: string | null;
  sort: Sort;
  /** The first word: "CALL_INCOMING", "180 Ringing", "dial", "info". */
  head: string;
  text: string;
  bad: boolean;
  at: At | null;
  sip: Sip | null;
}

const text = (value: unknown): string => (typeof value === "string" ? value : value === undefined || value === null ? "" : String(value));
const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const place = (value: unknown): At | null => {
  const at = value as Partial<At> | null | undefined;
  return at && typeof at.line === "number" ? { source: text(at.source), line: at.line, column: number(at.column) } : null;
};
const without = (data: string) => data.split("\n").map((line) => line.trimEnd()).filter(Boolean).join(" ⏎ ");

/** Names of agents, events, addresses come thousands of times: each is kept once. */
const words = new Map<string, string>();
const once = (word: string): string => {
  const known = words.get(word);
  if (known !== undefined) return known;
  if (words.size < 20_000) words.set(word, word);
  return word;
};

type Told = Pick<Item, "sort" | "head" | "text"> & Partial<Pick<Item, "bad" | "at">>;

const said = (event: RunEvent): Told => {
  const name = text(event.type);
  const parts = [text(event.direction), event.peer === event.param ? "" : text(event.peer), text(event.param)];
  return { sort: "event", head: name, text: parts.filter(Boolean).join(" · "), bad: /_(FAIL|FAILED|ERROR)$/.test(name) };
};

const ended = (event: RunEvent, what: string): Told => {
  const how = text(event.how);
  const bad = how === "failed" || how === "error" || how === "cancelled";
  return { sort: "step", head: how === "finished" ? what : `${what}: ${how}`, text: text(event.message), bad };
};

/** The names of the agents that were heard. */
const heard = (sound: unknown): string => {
  const agents = (sound as { heard?: unknown } | null | undefined)?.heard;
  return Array.isArray(agents) ? agents.map((one) => text((one as { agent?: unknown }).agent)).join(", ") : "";
};

const note = (event: RunEvent): Told => {
  switch (event.type) {
    case "AGENT_STARTING": return { sort: "host", head: "agent starts", text: [event.aor, event.address, event.baresip].map(text).join(" · ") };
    case "AGENT_READY": return { sort: "host", head: "agent ready", text: `after ${duration(number(event.milliseconds))}` };
    case "AGENT_STOPPING": return { sort: "host", head: "agent is stopped", text: "" };
    case "AGENT_STOPPED": return { sort: "host", head: "agent stopped", text: text(event.status) };
    case "AGENT_LOST": return { sort: "host", head: "agent lost", text: text(event.status), bad: true };
    case "DIRECTIVE": return { sort: "host", head: text(event.name), text: (Array.isArray(event.values) ? event.values : []).map(text).join(", ") };
    case "PRINT": return { sort: "step", head: "print", text: text(event.text) };
    case "WAITING": {
      const most = event.what === "sleep" ? "" : "at most ";
      return { sort: "step", head: "wait", text: `${text(event.what)}, ${most}${duration(number(event.limit))}` };
    }
    case "STEP_BEGINS": return { sort: "step", head: "step", text: text(event.name) };
    case "STEP_ENDS": return { sort: "step", head: event.ok === false ? "step failed" : "step ends", text: text(event.name), bad: event.ok === false };
    case "CHECK_FAILED": return { sort: "step", head: "check failed", text: text(event.message), bad: true };
    case "WARNING": return { sort: "host", head: "warning", text: text(event.message), bad: true };
    case "RECORDING": return { sort: "host", head: "recording", text: `${text(event.file)}, ${duration(number(event.duration))}` };
    case "CALL_SOUND": return { sort: "host", head: "heard", text: heard(event.sound) };
    case "AWAITED": return { sort: "step", head: "wait over", text: `${Array.isArray(event.events) ? event.events.length : 0} taken` };
    case "REACHED": return { sort: "host", head: "lines reached", text: (Array.isArray(event.lines) ? event.lines : []).map(text).join(", ") };
    case "STEPS_DONE": return { sort: "host", head: "steps done", text: "" };
    case "ENDED": return ended(event, "the script came to its end");
    case "VALIDATED": {
      const told = ended(event, `validated by ${text(event.file)}`);
      return { ...told, sort: "host" };
    }
    default: return { sort: "host", head: text(event.type), text: "" };
  }
};

const told = (event: RunEvent): Told => {
  switch (event.kind) {
    case "event": return said(event);
    case "log": return { sort: "log", head: text(event.level), text: text(event.text), bad: event.level !== "info" };
    case "command": {
      const [, verb, rest] = /^(\S*)\s*([^]*)$/.exec(text(event.text)) ?? [];
      return { sort: "step", head: verb ?? "", text: rest ?? "" };
    }
    case "response": return { sort: "step", head: event.ok ? "answer" : "refused", text: without(text(event.data)), bad: event.ok === false };
    case "note": return note(event);
    default: return { sort: "host", head: event.kind, text: "" };
  }
};

const message = (event: RunEvent): Item => {
  const status = number(event.status);
  const sip: Sip = {
    out: event.direction === "OUT",
    transport: once(text(event.transport)),
    src: once(text(event.src)),
    dst: once(text(event.dst)),
    method: once(text(event.method)),
    status,
    callId: once(text(event.call_id)),
    cseq: once(text(event.cseq)),
    raw: text(event.param),
    wire: typeof event.wire === "number" ? event.wire : null,
    again: event.again === true,
    peer: once(text(event.peer_agent ?? event.peer ?? (event.direction === "OUT" ? event.dst : event.src))),
    peerIsAgent: typeof event.peer_agent === "string",
  };
  const head = status > 0 ? `${status} ${text(event.reason)}`.trim() : sip.method;
  const way = sip.out ? `to ${sip.dst}` : `from ${sip.src}`;
  const line = [way, sip.transport, sip.cseq, sip.callId].join(" · ");
  return { ...where(event), sort: "sip", head: once(head), text: line, bad: status >= 400, at: null, sip };
};

const where = (event: RunEvent) => ({ n: event.n, time: event.time, agent: event.agent === undefined ? null : once(text(event.agent)) });

export const item = (event: RunEvent): Item => {
  if (event.kind === "sip") return message(event);
  const { sort, head, text, bad = false, at = place(event.at) } = told(event);
  return { ...where(event), sort, head: once(head), text, bad, at, sip: null };
};
