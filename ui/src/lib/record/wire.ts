// The messages on the wire, each once: the server says which records show the same one, and who is at the other end.
import type { Item, Sip } from "./events";

/** Who recorded a message, and when. */
export interface Seen { n: number; agent: string; time: number; out: boolean }

/** A message on the wire: one arrow, even when both ends recorded it. */
export interface Row {
  /** The event that recorded it first. */
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

/** Takes messages one by one, in the order of the record. */
export class Wire {
  rows: Row[] = [];
  lanes: Lane[] = [];
  /** The row of an event. */
  byEvent = new Map<number, Row>();
  byTransaction = new Map<string, Row[]>();
  private byWire = new Map<number, Row>();
  private laneOf = new Map<string, number>();

  agent(name: string) {
    this.lane(name, true, null);
  }

  /** The row of a message: a new one, or that of the other end's record. */
  message({ n, time, agent, head, sip }: Item): Row | null {
    if (!sip || agent === null) return null;
    const seen: Seen = { n, agent, time, out: sip.out };
    const other = sip.wire === null ? undefined : this.byWire.get(sip.wire);
    if (other) return this.second(other, seen);
    const own = this.lane(agent, true, sip.out ? sip.src : sip.dst);
    const peer = this.lane(sip.peer, sip.peerIsAgent, sip.out ? sip.dst : sip.src);
    const [from, to] = sip.out ? [own, peer] : [peer, own];
    const transaction = `${sip.callId} ${sip.cseq.split(/\s+/)[0] ?? ""}`;
    const row: Row = { n, time, label: head, sip, retransmission: sip.again, seen: [seen], transaction, from, to };
    this.rows.push(row);
    this.byEvent.set(n, row);
    if (sip.wire !== null) this.byWire.set(sip.wire, row);
    const others = this.byTransaction.get(transaction);
    if (others) others.push(row);
    else this.byTransaction.set(transaction, [row]);
    return row;
  }

  private second(row: Row, seen: Seen): Row {
    const lane = this.lane(seen.agent, true, seen.out ? row.sip.src : row.sip.dst);
    if (seen.out) {
      row.seen.unshift(seen);
      row.from = lane;
    } else {
      row.seen.push(seen);
      row.to = lane;
    }
    row.time = Math.min(row.time, seen.time);
    this.byEvent.set(seen.n, row);
    return row;
  }

  /** The lane's number; lanes stand in the order in which they came. */
  private lane(name: string, agent: boolean, address: string | null): number {
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
