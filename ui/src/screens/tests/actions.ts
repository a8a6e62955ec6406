// Actions on projects and tests, and their notices.
import { path } from "../../lib/api/client";
import { startRun, stopJob, type Job, type RunRequest } from "../../lib/api/runs";
import * as api from "../../lib/api/tests";
import type { TestRow } from "../../lib/api/tests";
import { count } from "../../lib/format";
import { fileOfTest } from "../../lib/names";
import { goto } from "../../lib/place.svelte";
import { attempt, bad, good } from "../../lib/toasts.svelte";
import { download, zip } from "../../lib/zip";
import type { Entry } from "../../parts/Menu.svelte";
import type { Wanted } from "./Dialogs.svelte";

export interface Context {
  project: string;
  ask: (wanted: Wanted) => void;
  /** A job that was just started, before its messages come. */
  took: (job: Job) => void;
  reload: () => Promise<unknown>;
}

/** A double click is one. */
const CLICKS = 500;
let before = { what: "", at: 0 };

const start = (context: Context, what: RunRequest, said: string) =>
  attempt("Nothing was started", async () => {
    const asked = { what: JSON.stringify([context.project, what]), at: Date.now() };
    const twice = asked.what === before.what && asked.at - before.at < CLICKS;
    before = asked;
    if (twice) return;
    const job = await startRun({ project: context.project, ...what });
    context.took(job);
    const first = job.runs[0];
    good(job.position ? `${said}: place ${job.position} in the queue` : said, first ? { text: "Watch", href: path`/runs/${first.run}` } : null);
    await context.reload();
  });

export const run = (context: Context, names: string[]) =>
  start(context, { tests: names }, names.length === 1 ? `${names[0]} was started` : `${count(names.length, "test")} were started`);
export const runAll = (context: Context) => start(context, {}, "All tests were started");
export const runFailed = (context: Context) => start(context, { failed: true }, "The failed tests were started");
export const stop = (jobs: Job[]) => attempt("Not everything was stopped", () => Promise.all(jobs.map((job) => stopJob(job.job))));

/** Some of a job's tests could not begin: they leave no run that would say so. */
export const unbegun = (job: Job) => {
  const whys = job.problems.map(({ test, problems: [first] }) => `${test}${first?.at ? `:${first.at.line}` : ""} ${first?.message ?? ""}`);
  if (whys.length > 0) bad(job.reason ?? "Some tests could not begin", whys.slice(0, 5).join("; "));
};

export const examples = (context: Context) =>
  attempt("The examples could not be loaded", async () => {
    const { created } = await api.loadExamples(context.project);
    good(`${count(created.length, "example")} loaded`);
    await context.reload();
  });

/** For somebody who has nothing yet: a project with the examples. */
export const firstExamples = (context: Context) =>
  attempt("The examples could not be loaded", async () => {
    await api.addProject("examples");
    await api.loadExamples("examples");
    await context.reload();
    goto("/p/examples");
  });

/** Tests as files: one as it is, several as a zip. */
export const save = (context: Context, rows: TestRow[]) =>
  attempt("The tests could not be exported", async () => {
    const texts = await Promise.all(rows.map((row) => api.test(context.project, row.name)));
    const files = texts.map((test) => ({ name: fileOfTest(test.name, test.kind), text: test.text }));
    const [only] = files;
    if (files.length === 1 && only) download(only.name, new Blob([only.text], { type: "text/plain" }));
    else download(`${context.project}.zip`, zip(files));
  });

export const projectMenu = (context: Context): (Entry | null)[] => {
  const { project, ask } = context;
  return [
    { text: "Rename …", run: () => ask({ what: "rename-project", project }) },
    { text: "Clone …", run: () => ask({ what: "clone-project", project }) },
    null,
    { text: "Import tests …", run: () => ask({ what: "import", project }) },
    { text: "Export as zip", href: api.exportAddress(project), download: true },
    { text: "Load the examples", run: () => void examples(context) },
    null,
    { text: "Delete …", danger: true, run: () => ask({ what: "delete-project", project }) },
  ];
};

export const testMenu = (context: Context, test: TestRow): (Entry | null)[] => {
  const { project, ask } = context;
  return [
    { text: "Edit", href: path`/p/${project}/t/${test.name}` },
    { text: "History", href: path`/p/${project}/t/${test.name}/history` },
    null,
    { text: "Rename …", run: () => ask({ what: "rename-test", project, test }) },
    { text: "Clone …", run: () => ask({ what: "clone-test", project, test }) },
    { text: "Download", run: () => void save(context, [test]) },
    null,
    { text: "Delete …", danger: true, run: () => ask({ what: "delete-tests", project, tests: [test] }) },
  ];
};
