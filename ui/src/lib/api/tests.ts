// Projects, tests, their versions, and what the language's checker says of a text.
import { address, get, patch, path, post, put, remove, request } from "./client";
import type { Diagnostic } from "./client";
import type { Kind, RunLite } from "./runs";

export interface Project { name: string; created: number; changed: number; tests: number; last: { pass: number; fail: number; error: number; never: number } }
export interface TestRow {
  name: string;
  kind: Kind;
  version: number;
  created: number;
  changed: number;
  author: string | null;
  tags: string[];
  blocks: string[];
  last: RunLite[];
  job: number | null;
}
export interface Test { name: string; kind: Kind; version: number; created: number; changed: number; author: string | null; text: string }
export interface Version { version: number; saved: number; author: string | null; size: number }
/** What stands on the server when a save comes too late. */
export interface Current { version: number; text: string; author: string | null; saved: number }
export interface Imported { created: string[]; changed: string[]; same: string[]; skipped: string[] }

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
export const addTest = (project: string, name: string, kind: Kind, text: string) => post<Test>(path`/projects/${project}/tests`, { name, kind, text });
export const test = (project: string, name: string) => get<Test>(path`/projects/${project}/tests/${name}`);
export const saveTest = (project: string, name: string, text: string, based_on: number) => put<Test>(path`/projects/${project}/tests/${name}`, { text, based_on });
export const renameTest = (project: string, test: string, name: string) => patch<Test>(path`/projects/${project}/tests/${test}`, { name });
export const removeTest = (project: string, test: string) => remove(path`/projects/${project}/tests/${test}`);
export const cloneTest = (project: string, test: string, name: string, to?: string) =>
  post<Test>(path`/projects/${project}/tests/${test}/clone`, { name, project: to });
export const versions = (project: string, test: string) =>
  get<{ versions: Version[] }>(path`/projects/${project}/tests/${test}/versions`).then((answer) => answer.versions);
export const version = (project: string, test: string, n: number) =>
  get<{ version: number; text: string; saved: number; author: string | null }>(path`/projects/${project}/tests/${test}/versions/${n}`);
export const restore = (project: string, test: string, n: number, based_on: number) =>
  post<Test>(path`/projects/${project}/tests/${test}/versions/${n}/restore`, { based_on });

export interface Item { text: string; detail: string | null; docs: string | null; sort: string | null }
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
