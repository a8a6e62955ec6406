// A run by its id; one that is queued has no record yet, but a job.
import { ApiError } from "../../lib/api/client";
import { run, type RunDetail } from "../../lib/api/run";
import { jobs, type Job } from "../../lib/api/runs";

export interface Loaded { run: RunDetail | undefined; waiting: Job | null }

export const load = async (id: string): Promise<Loaded> => {
  try {
    return { run: await run(id), waiting: null };
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.status !== 404) throw thrown;
    const waiting = (await jobs()).jobs.find((job) => job.runs.some((one) => one.run === id));
    // it may have begun, and ended, between the two answers
    return waiting ? { run: undefined, waiting } : { run: await run(id), waiting: null };
  }
};
