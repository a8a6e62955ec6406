// The console: agents for trying things, shared by all browsers.
import { get, post, remove } from "./client";
import type { Item } from "./tests";
import type { Kind } from "./runs";

export interface Console { run: string | null; since: number | null; agents: { name: string; aor: string; address: string }[]; busy: boolean; statements: number }
export interface Output { kind: "value" | "error" | "text"; text: string }

export const console = () => get<Console>("/console");
/** Answers when the line is done, which may take as long as what it waits for. */
export const line = (text: string) => post<{ output: Output[]; ended: boolean }>("/console/line", { text });
export const stop = () => post<void>("/console/stop");
export const end = () => remove("/console");
export const history = () => get<{ lines: string[] }>("/console/history").then((answer) => answer.lines);
export const script = (kind: Kind) => get<{ text: string }>("/console/script", { kind }).then((answer) => answer.text);
/** `start`: the column at which the word begins that an item replaces. */
export const complete = (text: string, line: number, column: number) => post<{ start: number; items: Item[]; hint: string | null }>("/console/complete", { text, line, column });
