// The calls of a run, as each agent tells of its own: states, times, and how good the sound was.
import type { RunEvent } from "./events";

/** A call at one agent; times are milliseconds since the epoch. */
export interface Call {
  agent: string;
  /** From 1, at its agent. */
  number: number;
  id: string | null;
  direction: string;
  /** Whom it talks with: an agent's name, or a URI. */
  peer: string;
  begun: number;
  established: number | null;
  /** The first RTP packet. */
  media: number | null;
  /** The last one may still hold. */
  holds: [from: number, to: number | null][];
  closed: number | null;
  why: string;
  codec: string;
  protocol: string;
  packets: [tx: number, rx: number] | null;
  /** What CALL_RTCP told, in its order. */
  samples: Sample[];
}

/** Numbers on a call's sound at a moment; packets and losses since the call began, jitter and round trip in milliseconds. */
export interface Sample {
  time: number;
  sent: [tx: number, rx: number];
  lost: [tx: number, rx: number];
  jitter: [tx: number, rx: number];
  rtt: number | null;
  mos: number | null;
}

const OTHERS = new Set(["AUDIO_REPORT", "TRANSFER", "TRANSFER_FAILED"]);
const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const bare = (uri: string) => uri.replace(/^[^<]*</, "").replace(/[>;?].*$/, "").replace(/^sips?:/, "");

const sample = (event: RunEvent, fields: Record<string, unknown>): Sample | null => {
  const stats = fields.rtcp_stats as Record<"tx" | "rx", Record<string, unknown>> & { rtt?: unknown } | undefined;
  if (!stats?.tx || !stats.rx) return null;
  const both = (name: string, divide = 1): [number, number] => [(number(stats.tx[name]) ?? 0) / divide, (number(stats.rx[name]) ?? 0) / divide];
  const [sent, rtt] = [both("sent"), number(stats.rtt)];
  // The first report of a call comes before there is anything to tell.
  if (sent[0] === 0 && sent[1] === 0) return null;
  return { time: event.time, sent, lost: both("lost"), jitter: both("jit", 1000), rtt: rtt ? rtt / 1000 : null, mos: number(fields.mos) };
};

export class Calls {
  /** In the order in which they began. */
  all: Call[] = [];
  private byId = new Map<string, Call>();
  private numbers = new Map<string, number>();
  private names = new Map<string, string>();

  add(event: RunEvent) {
    const agent = event.agent;
    if (agent === undefined) return;
    if (event.kind === "event") this.said(agent, event);
    else if (event.kind !== "note") return;
    else if (event.type === "AGENT_STARTING") {
      const user = bare(String(event.aor ?? "")).split("@")[0] ?? "";
      this.names.set(bare(String(event.aor ?? "")), agent);
      this.names.set(`${user}@${String(event.address ?? "")}`, agent);
    } else if (event.type === "AGENT_STOPPED" || event.type === "AGENT_LOST") {
      for (const call of this.all) if (call.agent === agent) call.closed ??= event.time;
    }
  }

  /** An agent's name for a URI that is its, else the URI without its scheme and parameters. */
  nameOf(uri: string): string {
    return this.names.get(bare(uri)) ?? bare(uri);
  }

  private said(agent: string, event: RunEvent) {
    const name = String(event.type);
    const ofCall = name.startsWith("CALL_") && !name.endsWith("_SDP");
    if (!ofCall && !OTHERS.has(name)) return;
    const id = typeof event.call === "string" ? event.call : null;
    const call = (id === null ? this.all.findLast((call) => call.agent === agent && call.closed === null) : this.byId.get(`${agent} ${id}`)) ?? (ofCall ? this.begin(agent, id, event.time) : null);
    if (!call) return;
    if (typeof event.direction === "string" && call.direction === "") call.direction = event.direction;
    if (typeof event.peer === "string" && call.peer === "") call.peer = this.nameOf(event.peer);
    this.happened(call, name, event);
  }

  private happened(call: Call, name: string, event: RunEvent) {
    const fields = (event.fields ?? {}) as Record<string, unknown>;
    switch (name) {
      case "CALL_ESTABLISHED": call.established ??= event.time; break;
      case "CALL_RTPESTAB": call.media ??= event.time; break;
      case "CALL_HOLD": if (call.holds.at(-1)?.[1] !== null) call.holds.push([event.time, null]); break;
      case "CALL_RESUME": {
        const last = call.holds.at(-1);
        if (last) last[1] ??= event.time;
        break;
      }
      case "CALL_CLOSED":
        call.closed = event.time;
        call.why = typeof event.param === "string" ? event.param : "";
        break;
      case "CALL_RTCP": {
        const told = sample(event, fields);
        if (told) call.samples.push(told);
        break;
      }
      case "AUDIO_REPORT": {
        const [tx, rx] = [number(fields.packets_tx), number(fields.packets_rx)];
        Object.assign(call, { codec: String(fields.codec ?? ""), protocol: String(fields.protocol ?? ""), packets: tx !== null && rx !== null ? [tx, rx] : null });
      }
    }
  }

  private begin(agent: string, id: string | null, time: number): Call {
    const number = (this.numbers.get(agent) ?? 0) + 1;
    this.numbers.set(agent, number);
    const call: Call = { agent, number, id, direction: "", peer: "", begun: time, established: null, media: null, holds: [], closed: null, why: "", codec: "", protocol: "", packets: null, samples: [] };
    this.all.push(call);
    if (id !== null) this.byId.set(`${agent} ${id}`, call);
    return call;
  }
}

/** Packets lost between two samples in percent of those that were to come; null where nothing was. */
export const loss = (before: Sample | undefined, now: Sample, way: 0 | 1): number | null => {
  const lost = now.lost[way] - (before?.lost[way] ?? 0);
  const sent = now.sent[way] - (before?.sent[way] ?? 0);
  // What was received has no losses in it, what was sent has.
  const expected = way === 1 ? sent + lost : sent;
  return expected > 0 ? Math.max(0, Math.min(100, (100 * lost) / expected)) : null;
};
