// A run that this editor has started: from its job to its verdict.
import { job, startRun, type Job, type RunRequest } from "../../lib/api/runs";
import { useJobs } from "../../lib/jobs.svelte";
import type { At, RunEvent } from "../../lib/record/events";
import type { Message } from "../../lib/socket";
import { attempt } from "../../lib/toasts.svelte";
import { useTopic } from "../../lib/live.svelte";
import { lastRun, reach, type Last, type Live } from "./last";

/** What a run that goes on tells is shown so often, in milliseconds. */
const OFTEN = 100;

export class Running {
  job = $state.raw<Job | null>(null);
  run = $state.raw<string | null>(null);
  last = $state.raw<Last | null>(null);
  live = $state.raw<Live | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private test: () => string) {}

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

  /** Runs a text, that of the editor. */
  start = (what: RunRequest, text: string) =>
    attempt("Nothing was started", async () => {
      this.run = null;
      this.job = await startRun(what);
      this.live = { text, reached: new Set(), now: null };
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
    this.live = null;
    if (this.run) void this.look(this.run);
  }

  /** An event of the run that goes on. */
  take({ event }: Message) {
    if (!this.live || !reach(this.live, this.test(), (event as RunEvent | undefined)?.at as At | undefined)) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.live) this.live = { ...this.live };
    }, OFTEN);
  }
}

/** To be called in a component's script. */
export const useRunning = (test: () => string): Running => {
  const running = new Running(test);
  useJobs({ job: (job) => running.follow(job), missed: () => void running.ask() });
  useTopic(() => (running.job && running.run ? `run:${running.run}` : null), { on: (message) => running.take(message) });
  return running;
};
