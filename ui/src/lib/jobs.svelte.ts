// The jobs that wait or run, kept up to date by the topic `jobs`.
import { untrack } from "svelte";
import { jobs, type Job, type RunRow } from "./api/runs";
import { connection, socket } from "./live.svelte";
import type { Message } from "./socket";

export interface Watch {
  /** A job began, went on or ended. */
  job?: (job: Job, what: string) => void;
  /** A run began or ended. */
  run?: (run: RunRow, what: string) => void;
  /** Messages were missed: what is shown has to be reloaded. */
  missed?: () => void;
}

/** Those that wait, by when they came: a message tells a place once, and all move up when one begins. */
const placed = (jobs: Job[]): Job[] => {
  let place = 0;
  return [...jobs].sort((a, b) => a.queued - b.queued).map((job) => (job.state === "waiting" ? { ...job, position: ++place } : job));
};

/** Jobs by id as messages and answers from REST make them. An answer may be older than a message: what ended does not come back, what began does not wait again. */
export class Jobs {
  active = $state.raw<Job[]>([]);
  private ended = new Set<number>();

  take(job: Job) {
    if (job.state === "done") {
      this.ended.add(job.job);
      this.active = placed(this.active.filter((other) => other.job !== job.job));
    } else if (!this.ended.has(job.job)) {
      this.active = placed([...this.active.filter((other) => other.job !== job.job), this.newer(job)]);
    }
  }

  /** A run that began or ended: its job says so only when it goes on. */
  takeRun({ run, status }: RunRow) {
    this.active = this.active.map((job) => (job.runs.some((other) => other.run === run) ? { ...job, runs: job.runs.map((other) => (other.run === run ? { ...other, status } : other)) } : job));
  }

  list(all: Job[]) {
    this.active = placed(all.filter((job) => !this.ended.has(job.job)).map((job) => this.newer(job)));
  }

  private newer(job: Job): Job {
    return (job.state === "waiting" && this.active.find((other) => other.job === job.job && other.state === "running")) || job;
  }

  load = async () => {
    try {
      this.list((await jobs()).jobs);
    } catch {
      // The screen's own list tells what is wrong; the messages keep coming.
    }
  };
}

/** To be called in a component's script. */
export const useJobs = (watch: Watch = {}): Jobs => {
  const all = new Jobs();
  const on = (message: Message) => {
    if (message.t.startsWith("job.")) {
      const job = message.job as Job;
      all.take(job);
      watch.job?.(job, message.t);
    } else if (message.t.startsWith("run.")) {
      const run = message.run as RunRow;
      all.takeRun(run);
      watch.run?.(run, message.t);
    }
  };
  const again = () => {
    void all.load();
    watch.missed?.();
  };
  $effect(() => socket.subscribe("jobs", { since: -1, on, gap: again, restarted: again }));
  // What happened before the connection was there is in no message.
  $effect(() => {
    if (connection.state === "open") untrack(again);
    else void all.load();
  });
  return all;
};
