// What the run's screen knows: the record as it comes, by REST from the beginning, then live by the socket.
import { told } from "../../lib/api/client";
import { events } from "../../lib/api/run";
import type { RunEvent } from "../../lib/record/events";
import { RunRecord } from "../../lib/record/record";
import { socket } from "../../lib/live.svelte";

const PAGE = 5000;
/** A record this long is redrawn less often: laying it out takes longer. */
const LONG = 5000;

export class RunView {
  record = new RunRecord();
  /** Grows with each batch: what is derived from `record` reads it. */
  version = $state(0);
  /** All that there was is here. */
  complete = $state(false);
  /** The record could not be read (to its end). */
  error = $state<string | null>(null);
  private waiting: RunEvent[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private fetching = false;
  private ends = new AbortController();

  constructor(
    private id: string,
    private ended: () => void,
  ) {}

  /** Times count from here: when the run began, which is before its first event. */
  startedAt(time: number) {
    if (time >= this.record.begin) return;
    this.record.begin = time;
    this.version += 1;
  }

  /** Follows the run until the function that is returned is called; of one that has not begun nothing can be fetched. */
  follow(begun: boolean): () => void {
    let leave = () => {};
    void (begun ? this.fetch() : Promise.resolve(true)).then((live) => {
      if (!live || this.ends.signal.aborted) return;
      leave = socket.subscribe(`run:${this.id}`, {
        // A number of the topic is the event's plus one.
        since: this.record.next,
        on: (message) => {
          if (message.t === "run.end") this.ended();
          else if (message.event) this.take([message.event as RunEvent]);
        },
        gap: () => void this.fetch(),
      });
    });
    return () => {
      this.ends.abort();
      clearTimeout(this.timer);
      leave();
    };
  }

  /** Reads what is not here yet; says whether the run goes on. */
  fetch = async (): Promise<boolean> => {
    if (this.fetching) return true;
    this.fetching = true;
    this.error = null;
    try {
      for (let from = this.record.next; ; ) {
        const page = await events(this.id, from, PAGE, this.ends.signal);
        this.take(page.events);
        // What goes on always has a next page: what comes now is the socket's to tell.
        if (page.next === null || page.events.length < PAGE) {
          this.show();
          this.complete = true;
          return page.live;
        }
        from = page.next;
      }
    } catch (thrown) {
      if (!this.ends.signal.aborted) this.error = told(thrown).message;
      return false;
    } finally {
      this.fetching = false;
    }
  };

  private take(events: RunEvent[]) {
    for (const event of events) this.waiting.push(event);
    this.timer ??= setTimeout(() => this.show(), this.record.items.length > LONG ? 400 : 50);
  }

  private show() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.waiting;
    this.waiting = [];
    // What stands before a gap waits until the gap has been fetched.
    const reachable = batch.filter(({ n }) => n >= this.record.next).sort((a, b) => a.n - b.n);
    if (this.record.add(reachable) > 0) this.version += 1;
  }
}
