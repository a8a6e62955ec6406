// The two runs of a comparison, their records read when a view needs them.
import { events } from "../../lib/api/run";
import type { RunEvent } from "../../lib/record/events";
import { RunRecord } from "../../lib/record/record";

const records = new Map<string, Promise<RunRecord>>();

/** A run's whole record; of the last few runs it is kept. */
export const recordOf = (run: string): Promise<RunRecord> => {
  const known = records.get(run);
  if (known) return known;
  const made = read(run);
  records.set(run, made);
  made.catch(() => records.delete(run));
  for (const old of [...records.keys()].slice(0, -4)) records.delete(old);
  return made;
};

const read = async (run: string): Promise<RunRecord> => {
  const record = new RunRecord();
  for (let from: number | null = 0; from !== null; ) {
    const page: { events: RunEvent[]; next: number | null } = await events(run, from, 2000);
    record.add(page.events);
    from = page.events.length === 0 ? null : page.next;
  }
  return record;
};
