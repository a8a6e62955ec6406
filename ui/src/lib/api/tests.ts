// Projects, tests, their versions, and what the language's checker says of a text.
import { address, get, patch, path, post, put, remove, request } from "./client";
import type { Diagnostic } from "./client";
import type { Kind, RunLite } from "./runs";
import type { Shape } from "./sent";

export type Project = Shape<"Project">;
/** What is known of a test; its text is asked for by `test`. */
export type TestInfo = Shape<"Test">;
export type Test = Shape<"Whole">;
export type TestRow = Omit<Shape<"Listed">, "last"> & { last: RunLite[] };
export type Version = Shape<"Info">;
/** What stands on the server when a save comes too late. */
export interface Current { version: number; text: string; author: string | null; saved: number }
/** Names of tests; `left_out`: what in the zip file is no test. */
export type Imported = Omit<Shape<"Imported">, "absent">;

export const projects = () => get<{ projects: Project[] }>("/projects").then((answer) => answer.projects);
export const addProject = (name: string) => post<Project>("/projects", { name });
export const renameProject = (project: string, name: string) => patch<Project>(path`/projects/${project}`, { name });
export const cloneProject = (project: string, name: string) => post<Project>(path`/projects/${project}/clone`, { name });
export const removeProject = (project: string) => remove(path`/projects/${project}`);
export const exportAddress = (project: string) => address(path`/projects/${project}/export`);
export const importZip = (project: string, zip: Blob, replace: boolean) =>
  request<Imported>("POST", path`/projects/${project}/import`, { body: zip, type: "application/zip", query: { replace } });
export const loadExamples = (project: string) => post<{ created: string[] }>(path`/projects/${project}/examples`);

export const tests = (project: string) => get<{ tests: TestRow[] }>(path`/projects/${project}/tests`).then((answer) => answer.tests);
export const addTest = (project: string, name: string, kind: Kind, text: string) => post<TestInfo>(path`/projects/${project}/tests`, { name, kind, text });
export const test = (project: string, name: string) => get<Test>(path`/projects/${project}/tests/${name}`);
export const saveTest = (project: string, name: string, text: string, based_on: number) => put<TestInfo>(path`/projects/${project}/tests/${name}`, { text, based_on });
export const renameTest = (project: string, test: string, name: string) => patch<TestInfo>(path`/projects/${project}/tests/${test}`, { name });
export const removeTest = (project: string, test: string) => remove(path`/projects/${project}/tests/${test}`);
export const cloneTest = (project: string, test: string, name: string, to?: string) =>
  post<TestInfo>(path`/projects/${project}/tests/${test}/clone`, { name, project: to });
export const versions = (project: string, test: string) =>
  get<{ versions: Version[] }>(path`/projects/${project}/tests/${test}/versions`).then((answer) => answer.versions);
export const version = (project: string, test: string, n: number) =>
  get<{ version: number; text: string; saved: number; author: string | null }>(path`/projects/${project}/tests/${test}/versions/${n}`);
export const restore = (project: string, test: string, n: number, based_on: number) =>
  post<TestInfo>(path`/projects/${project}/tests/${test}/versions/${n}/restore`, { based_on });
/** Writes what happened in a run into the test, as what it expects. */
export const updateHash = (project: string, test: string, run: string, based_on: number) =>
  post<TestInfo>(path`/projects/${project}/tests/${test}/update_hash`, { run, based_on });

export type Item = Shape<"Suggestion">;
interface Place { kind: Kind; text: string; line: number; column: number; project?: string }
export const check = (kind: Kind, text: string, name: string, project: string, signal?: AbortSignal) =>
  request<{ diagnostics: Diagnostic[] }>("POST", "/check", { body: { kind, text, name, project }, signal }).then((answer) => answer.diagnostics);
export const complete = (place: Place, signal?: AbortSignal) =>
  request<{ items: Item[] }>("POST", "/complete", { body: place, signal }).then((answer) => answer.items);
export const hover = (place: Place, signal?: AbortSignal) =>
  request<{ item: Item | null }>("POST", "/hover", { body: place, signal }).then((answer) => answer.item);
/** The Rhai of a testfile; `lines` pairs a line of it with the testfile's. */
export const compile = (kind: Kind, text: string, signal?: AbortSignal) =>
  request<{ rhai: string; lines: [number, number][] }>("POST", "/compile", { body: { kind, text }, signal });
