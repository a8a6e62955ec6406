// A run's record as this page has it: grows by batches, in any order of arrival, each event once.
import { Calls } from "./calls";
import { item, type Item, type RunEvent, type Sort } from "./events";
import { has, mark, searched, type Mark } from "./ladder";
import { Steps } from "./steps";
import { Wire } from "./wire";

export class RunRecord {
  items: Item[] = [];
  wire = new Wire();
  calls = new Calls();
  steps = new Steps();
  marks: Mark[] = [];
  counts: Record<Sort, number> = { step: 0, event: 0, sip: 0, log: 0, host: 0 };
  /** When the first and the last event came. */
  begin = Number.POSITIVE_INFINITY;
  end = Number.NEGATIVE_INFINITY;
  /** The event that says that the test failed. */
  failed: Item | null = null;

  /** The number of the event that is awaited next; all before are here. */
  get next(): number {
    return (this.items.at(-1)?.n ?? -1) + 1;
  }

  /** Takes events in their order; what is here already is left out. Says how many were new. */
  add(events: RunEvent[]): number {
    let added = 0;
    for (const event of events) {
      if (typeof event?.n !== "number" || event.n < this.next) continue;
      this.take(event);
      added += 1;
    }
    return added;
  }

  private take(event: RunEvent) {
    const made = item(event);
    this.items.push(made);
    this.counts[made.sort] += 1;
    if (Number.isFinite(made.time)) [this.begin, this.end] = [Math.min(this.begin, made.time), Math.max(this.end, made.time)];
    if (made.agent !== null) {
      const starts = event.kind === "note" && event.type === "AGENT_STARTING";
      if (starts || made.sort === "sip") this.wire.agent(made.agent);
    }
    if (made.sip) this.wire.message(made);
    this.calls.add(event);
    this.steps.add(made);
    const own = mark(made);
    if (own) this.marks.push(own);
    if (own?.kind === "problem" && (made.sort === "step" || made.head === "agent lost")) this.failed ??= made;
  }

  /** The place of an event among the items, or of the first after it. */
  index(n: number): number {
    let [low, high] = [0, this.items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.items[middle]?.n ?? 0) < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  at(n: number): Item | null {
    const found = this.items[this.index(n)];
    return found?.n === n ? found : null;
  }
}

export interface Filter {
  from: number | null;
  to: number | null;
  words: string[];
  agent: string | null;
  /** None chosen: all. */
  sorts: Set<Sort>;
}

export const filtered = (items: Item[], { from, to, words, agent, sorts }: Filter): Item[] =>
  items.filter((one) => {
    if (from !== null && one.time < from) return false;
    if (to !== null && one.time > to) return false;
    if (sorts.size > 0 && !sorts.has(one.sort)) return false;
    if (agent !== null && one.agent !== agent) return false;
    if (words.length === 0) return true;
    return has(`${one.agent ?? ""} ${one.head} ${one.sip ? searched(one.sip) : one.text} ${one.at ? `${one.at.source}:${one.at.line}` : ""}`, words);
  });
