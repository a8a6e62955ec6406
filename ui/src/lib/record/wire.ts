// Which of the recorded messages are the same one on the wire, and whose address is whose.
import type { Item, Sip } from "./events";

/** Who recorded a message, and when. */
export interface Seen { n: number; agent: string; time: number; out: boolean }

/** A message on the wire: one arrow, however many ends have recorded it. */
export interface Row {
  /** The event that told of it first. */
  n: number;
  time: number;
  label: string;
  sip: Sip;
  retransmission: boolean;
  /** The sender first. */
  seen: Seen[];
  /** The same for all messages of one transaction, ACK and CANCEL with what they belong to. */
  transaction: string;
  from: number;
  to: number;
}

export interface Lane { name: string; agent: boolean; addresses: string[] }

const stream = (sip: Sip) => sip.transport.toUpperCase() !== "UDP";
const key = (isStream: boolean, address: string) => `${isStream ? "tcp" : "udp"} ${address}`;
const host = (address: string) => address.replace(/:\d+$/, "");
const topmostVia = (raw: string) => /\r?\n(?:via|v)[ \t]*:[ \t]*([^,\r\n]*)/i.exec(raw)?.[1] ?? "";
const branch = (raw: string) => /;[ \t]*branch=([^;,\s]+)/i.exec(topmostVia(raw))?.[1] ?? "";

/** 53 bits of a text: enough to find what may be equal. */
const digest = (text: string): number => {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 2654435761);
    b = Math.imul(b ^ c, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
};

const same = (a: Sip, b: Sip) => a.raw === b.raw && a.src === b.src && a.dst === b.dst && a.transport === b.transport;

/** Takes messages one by one, in the order of the record. */
export class Wire {
  rows: Row[] = [];
  lanes: Lane[] = [];
  /** The row of an event. */
  byEvent = new Map<number, Row>();
  byTransaction = new Map<string, Row[]>();
  private owners = new Map<string, { since: number; agent: string }[]>();
  private called = new Map<string, string>();
  private laneOf = new Map<string, number>();
  /** Rows that only one end has recorded, by what they say. */
  private open = new Map<number, Row[]>();
  private sent = new Set<string | number>();
  /** Rows with an end that is nobody's: an agent may turn out to be there. */
  private stray: Row[] = [];

  agent(name: string, n: number, address: string | null) {
    if (address !== null) {
      const next = address.replace(/:(\d+)$/, (_, port: string) => `:${Number(port) + 1}`);
      this.own(key(false, address), n, name);
      this.own(key(true, address), n, name);
      this.own(key(true, next), n, name);
      this.settle();
    }
    this.lane(name, true, null);
  }

  /** The row of a message: a new one, or that of the other end's record. */
  message(item: Item): Row | null {
    const { sip, agent } = item;
    if (!sip || agent === null) return null;
    this.own(key(stream(sip), sip.out ? sip.src : sip.dst), item.n, agent);
    this.reachable(sip);
    const seen: Seen = { n: item.n, agent, time: item.time, out: sip.out };
    const hash = digest(sip.raw);
    const waiting = this.open.get(hash) ?? [];
    const at = waiting.findIndex((row) => same(row.sip, sip) && (row.seen[0]?.out !== sip.out || row.seen[0]?.agent === agent && sip.src === sip.dst));
    const other = at < 0 ? undefined : waiting.splice(at, 1)[0];
    if (other) return this.second(other, seen);
    const row = this.first(item, sip, seen);
    this.open.set(hash, [...waiting, row]);
    return row;
  }

  private first(item: Item, sip: Sip, seen: Seen): Row {
    const id = sip.status === 0 && branch(sip.raw) ? [sip.transport, sip.src, sip.dst, sip.method, sip.callId, sip.cseq, branch(sip.raw)].join(" ") : digest([sip.src, sip.dst, sip.raw].join(" "));
    const retransmission = this.sent.has(id);
    this.sent.add(id);
    const transaction = `${sip.callId} ${sip.cseq.split(/\s+/)[0] ?? ""}`;
    const row: Row = { n: item.n, time: item.time, label: item.head, sip, retransmission, seen: [seen], transaction, from: -1, to: -1 };
    this.place(row);
    this.rows.push(row);
    this.byEvent.set(item.n, row);
    const others = this.byTransaction.get(transaction);
    if (others) others.push(row);
    else this.byTransaction.set(transaction, [row]);
    return row;
  }

  private second(row: Row, seen: Seen): Row {
    if (seen.out) row.seen.unshift(seen);
    else row.seen.push(seen);
    row.time = Math.min(row.time, seen.time);
    this.byEvent.set(seen.n, row);
    this.place(row);
    return row;
  }

  private own(address: string, since: number, agent: string) {
    const owners = this.owners.get(address) ?? [];
    if (owners.at(-1)?.agent !== agent) owners.push({ since, agent });
    this.owners.set(address, owners);
  }

  /** A client's port says nothing; its topmost Via says where it can be reached (RFC 3261 section 18.1.1). */
  private reachable(sip: Sip) {
    if (sip.out || sip.status > 0 || !stream(sip)) return;
    const sentBy = topmostVia(sip.raw).split(";")[0]?.trim().split(/\s+/)[1];
    if (sentBy && host(sentBy) === host(sip.src) && sentBy !== sip.src) this.called.set(key(true, sip.src), sentBy);
  }

  private end(n: number, sip: Sip, address: string, who: string | undefined): number {
    if (who !== undefined) return this.lane(who, true, address);
    let at = key(stream(sip), address);
    let name = address;
    const called = this.owners.has(at) ? undefined : this.called.get(at);
    if (called !== undefined) [at, name] = [key(true, called), called];
    const owners = this.owners.get(at);
    const owner = owners?.findLast(({ since }) => since <= n) ?? owners?.[0];
    return owner ? this.lane(owner.agent, true, address) : this.lane(name, false, address);
  }

  private place(row: Row) {
    const sender = row.seen.find((seen) => seen.out)?.agent;
    const receiver = row.seen.find((seen) => !seen.out)?.agent;
    row.from = this.end(row.n, row.sip, row.sip.src, sender);
    row.to = this.end(row.n, row.sip, row.sip.dst, receiver);
    if (!this.lanes[row.from]?.agent || !this.lanes[row.to]?.agent) this.stray.push(row);
  }

  /** Finds those again whose agent was not known when their message came. */
  private settle() {
    const rows = this.stray;
    this.stray = [];
    for (const row of rows) this.place(row);
  }

  /** The lane's number; lanes stand in the order in which they came. */
  lane(name: string, agent: boolean, address: string | null): number {
    const id = `${agent ? "agent" : "peer"} ${name}`;
    let index = this.laneOf.get(id);
    if (index === undefined) {
      index = this.lanes.push({ name, agent, addresses: [] }) - 1;
      this.laneOf.set(id, index);
    }
    const lane = this.lanes[index];
    if (lane && address !== null && !lane.addresses.includes(address) && lane.addresses.length < 8) lane.addresses.push(address);
    return index;
  }
}
