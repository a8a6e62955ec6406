// @vitest-environment happy-dom
import { expect, test } from "vitest";
import type { Job, RunRow } from "./api/runs";
import { drafts } from "./drafts.svelte";
import { Jobs } from "./jobs.svelte";
import { Resource } from "./resource.svelte";

const job = (id: number, state: Job["state"]) => ({ job: id, state, queued: id, runs: [{ run: `r${id}`, status: "queued" }] }) as Job;

test("a job that ended does not come back with a list that was made before", () => {
  const jobs = new Jobs();
  jobs.take(job(1, "waiting"));
  jobs.take(job(2, "running"));
  jobs.take(job(1, "running"));
  expect(jobs.active.map(({ job, state }) => `${job} ${state}`)).toEqual(["1 running", "2 running"]);
  jobs.takeRun({ run: "r1", status: "running" } as RunRow);
  expect(jobs.active.map(({ runs }) => runs[0]?.status)).toEqual(["running", "queued"]);
  jobs.take(job(2, "done"));
  jobs.list([job(1, "running"), job(2, "running"), job(3, "waiting")]);
  expect(jobs.active.map(({ job, position }) => [job, position ?? null])).toEqual([[1, null], [3, 1]]);
});

test("an answer that is older than a message puts no job back", () => {
  const jobs = new Jobs();
  jobs.take(job(1, "running"));
  jobs.take(job(1, "waiting"));
  jobs.list([job(1, "waiting"), job(2, "waiting")]);
  expect(jobs.active.map(({ job, state }) => `${job} ${state}`)).toEqual(["1 running", "2 waiting"]);
});

test("drafts stay until they are dropped, each test its own, and leaving the page is asked about", () => {
  const asks = () => {
    const event = new Event("beforeunload", { cancelable: true });
    dispatchEvent(event);
    return event.defaultPrevented;
  };
  drafts.keep("p/a", "b", { text: "x", base: 1 });
  drafts.keep("p", "a/b", { text: "y", base: 2 });
  expect([drafts.get("p/a", "b")?.text, drafts.get("p", "a/b")?.text, drafts.has("p", "c")]).toEqual(["x", "y", false]);
  expect(asks()).toBe(true);
  drafts.drop("p/a", "b");
  expect(asks()).toBe(true);
  drafts.drop("p", "a/b");
  expect(asks()).toBe(false);
});

test("of two loads the later one counts, and what is there stays when one fails", async () => {
  const answers: ((value: number) => void)[] = [];
  const resource = new Resource(() => new Promise<number>((done) => answers.push(done)));
  const loads = [resource.reload(), resource.reload()];
  answers[1]?.(2);
  answers[0]?.(1);
  await Promise.all(loads);
  expect([resource.data, resource.loading, resource.error]).toEqual([2, false, null]);
  const failing = new Resource<number>(() => Promise.reject(new Error("no")));
  failing.data = 7;
  await failing.reload();
  expect([failing.data, (failing.error as Error).message, failing.loading]).toEqual([7, "no", false]);
});

test("what somebody has left loads nothing more", async () => {
  let loads = 0;
  const resource = new Resource(async () => ++loads);
  await resource.reload();
  resource.end();
  await resource.reload();
  expect([loads, resource.data, resource.loading]).toEqual([1, 1, false]);
});
