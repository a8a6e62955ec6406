// The list of runs: pages from the server, and what the topic `jobs` tells in between.
import { runs, type RunFilter } from "../../lib/api/run";
import type { RunRow } from "../../lib/api/runs";

const PAGE = 50;
/** What the server gives at once. */
const MOST = 500;

export const STATUSES: [value: string, word: string][] = [
  ["fail,error,broken,damaged", "not passed"], ["pass", "pass"], ["fail", "fail"], ["error", "error"], ["running,queued", "running, queued"], ["cancelled", "cancelled"], ["skipped", "skipped"],
];
const HOUR = 3_600_000;
export const SINCE: [value: string, word: string][] = [["1h", "last hour"], ["24h", "last 24 hours"], ["7d", "last 7 days"], ["30d", "last 30 days"]];
const SPAN: Record<string, number> = { "1h": HOUR, "24h": 24 * HOUR, "7d": 168 * HOUR, "30d": 720 * HOUR };

/** From the address: "24h", or milliseconds since the epoch. */
export const since = (query: string | null, now = Date.now()): number | null => {
  if (query === null) return null;
  const span = SPAN[query];
  if (span !== undefined) return now - span;
  return /^\d+$/.test(query) ? Number(query) : null;
};

/** Whether a new run belongs in the list; the server's search looks at more, so with search words none does. */
export const fits = (row: RunRow, filter: RunFilter): boolean =>
  !filter.text && (!filter.project || row.project === filter.project) && (!filter.test || row.test === filter.test) && (!filter.status || filter.status.split(",").includes(row.status)) &&
  (!filter.trigger || row.trigger === filter.trigger) && (!filter.since || row.started >= filter.since) && (!filter.until || row.started <= filter.until);

/** The rows with one more, or with what is new of one. A list is in the order of the beginning, the newest first. */
export const merged = (rows: RunRow[], row: RunRow): RunRow[] => {
  const at = rows.findIndex(({ run }) => run === row.run);
  if (at >= 0) return rows.with(at, row);
  const place = rows.findIndex(({ started }) => started <= row.started);
  return place < 0 ? [...rows, row] : rows.toSpliced(place, 0, row);
};

/** One page below the other; what came in both stands once. */
export const appended = (rows: RunRow[], page: RunRow[]): RunRow[] => {
  const known = new Set(rows.map(({ run }) => run));
  return [...rows, ...page.filter(({ run }) => !known.has(run))];
};

/** How much of a filter was looked at: as much is loaded again, or who comes back to the list would not find his place in it. */
let looked = { filter: "", rows: 0 };

export class List {
  rows = $state.raw<RunRow[]>([]);
  next = $state<string | null>(null);
  loading = $state(true);
  error = $state.raw<unknown>(null);
  private turn = 0;

  load = (filter: RunFilter) => this.fetch(filter, null);
  more = (filter: RunFilter) => this.fetch(filter, this.next);

  take(row: RunRow, fits: (row: RunRow) => boolean) {
    if (fits(row)) this.rows = merged(this.rows, row);
    else if (this.rows.some(({ run }) => run === row.run)) this.rows = this.rows.map((other) => (other.run === row.run ? row : other));
  }

  forget(gone: string[]) {
    this.rows = this.rows.filter(({ run }) => !gone.includes(run));
  }

  private async fetch(filter: RunFilter, after: string | null) {
    const turn = ++this.turn;
    // "The last hour" begins at another moment each time.
    const same = JSON.stringify({ ...filter, since: filter.since && 0 });
    const limit = after === null && same === looked.filter ? Math.min(MOST, Math.max(PAGE, looked.rows)) : PAGE;
    this.loading = true;
    try {
      const page = await runs(filter, limit, after);
      if (turn !== this.turn) return;
      this.rows = after === null ? page.runs : appended(this.rows, page.runs);
      [this.next, this.error] = [page.next, null];
      looked = { filter: same, rows: this.rows.length };
    } catch (thrown) {
      if (turn === this.turn) this.error = thrown;
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }
}
