// A run that this editor has started: from its job to its verdict.
import { job, startRun, type Job, type RunRequest } from "../../lib/api/runs";
import { useJobs } from "../../lib/jobs.svelte";
import { attempt } from "../../lib/toasts.svelte";
import { lastRun, type Last } from "./last";

export class Running {
  job = $state.raw<Job | null>(null);
  run = $state.raw<string | null>(null);
  last = $state.raw<Last | null>(null);

  get shown(): { run: string | null; word: string } | null {
    if (!this.job) return null;
    return { run: this.run, word: this.job.state === "waiting" ? `Queued${this.job.position ? `, ${this.job.position}.` : ""}` : "Running" };
  }

  /** Looks at a run that is over. */
  look = async (id: string) => {
    try {
      this.last = await lastRun(id);
    } catch {
      // A run that was deleted has nothing to show.
    }
  };

  start = (what: RunRequest) =>
    attempt("Nothing was started", async () => {
      this.run = null;
      this.job = await startRun(what);
      this.follow(this.job);
    });

  /** Asks what became of the job while nobody could tell. */
  ask = async () => {
    const known = this.job?.job;
    if (known !== undefined) await job(known).then((job) => this.follow(job), () => {});
  };

  follow(job: Job) {
    if (job.job !== this.job?.job) return;
    // Of several blocks the one that did not pass is the one to look at.
    const worst = job.runs.find(({ status }) => status === "fail" || status === "error") ?? job.runs.at(-1);
    this.run = worst?.run ?? this.run;
    this.job = job;
    if (job.state !== "done") return;
    this.job = null;
    if (this.run) void this.look(this.run);
  }

}

/** To be called in a component's script. */
export const useRunning = (): Running => {
  const running = new Running();
  useJobs({ job: (job) => running.follow(job), missed: () => void running.ask() });
  return running;
};
